import { demoId } from './demo.people.ts';
import { writeResponse, type Section } from './demo.texts.ts';
import { headOf, incidentId, type Stage } from './demo.timeline.ts';

interface Answer {
  key: string;
  incident: string;
  kind: string;
  headline: string;
  sections: readonly Section[];
  /** Hours before now: drafted, submitted, signed, published. Whatever is missing has not happened yet. */
  at: readonly number[];
}

/** Draft → submit → sign → publish, as far as the times go. `doc` is the one being written in. */
function answer(stage: Stage, { key, incident, kind, headline, sections, at }: Answer): void {
  const [drafted, submitted, signed, published] = at;
  const response = demoId(`response ${key}`);
  const input = { id: response, incident: incidentId(incident), kind, title: headline };
  const expected = () => headOf(stage, `response:${response}`);
  if (drafted === undefined) return;
  stage.scene(stage.ago(drafted), async () => {
    const { doc } = await stage.run('spokesperson', 'responses:draft', input);
    const by = { id: demoId(`write ${key}`), actor: stage.person('spokesperson') };
    await stage.app.features.docs.edit(String(doc), by, writeResponse(headline, sections));
  });
  step(stage, { ago: submitted, login: 'spokesperson', verb: 'submit', key, n: 1, expected });
  sign(stage, { ago: signed, key, n: 1, expected });
  step(stage, { ago: published, login: 'spokesperson', verb: 'publish', key, n: 1, expected });
}

interface Step {
  ago: number | undefined;
  key: string;
  n: number;
  expected: () => Promise<number>;
}

function step(stage: Stage, { ago, login, verb, key, n, expected }: Step & { login: string; verb: string }): void {
  if (ago === undefined) return;
  const id = demoId(`${verb} ${key} ${n}`);
  const response = demoId(`response ${key}`);
  stage.scene(stage.ago(ago), async () =>
    stage.run(login, `responses:${verb}`, { id, response, expected: await expected() }),
  );
}

function sign(stage: Stage, { ago, key, n, expected }: Step): void {
  if (ago === undefined) return;
  const response = demoId(`response ${key}`);
  stage.scene(stage.ago(ago), async () => {
    const seen = (await stage.run('approver', 'responses:view', { response })) as { response: { contentHash: string } };
    const { contentHash } = seen.response;
    const input = { id: demoId(`approve ${key} ${n}`), response, expected: await expected(), contentHash };
    await stage.run('approver', 'responses:approve', input);
  });
}

/** The correction of the first statement: the water truck stood elsewhere. */
function correct(stage: Stage, sections: readonly Section[], at: readonly [number, number, number, number]): void {
  const response = demoId('response water');
  const expected = () => headOf(stage, `response:${response}`);
  const [opened, submitted, signed, published] = at;
  stage.scene(stage.ago(opened), async () => {
    const said = { wrong: '金马街12号院门口', right: '文殊院街5号，社区服务站门口' };
    const why = '第1版写错了门牌。收到第1版的人，我们已经另外通知。';
    const input = { id: demoId('correct water'), response, expected: await expected(), class: 'factual', ...said, why };
    const { doc } = await stage.run('spokesperson', 'responses:correct', input);
    const by = { id: demoId('write water 2'), actor: stage.person('spokesperson') };
    await stage.app.features.docs.edit(String(doc), by, writeResponse('金马街3号院至6号院停水：正在抢修', sections));
  });
  step(stage, { ago: submitted, login: 'spokesperson', verb: 'submit', key: 'water', n: 2, expected });
  sign(stage, { ago: signed, key: 'water', n: 2, expected });
  step(stage, { ago: published, login: 'spokesperson', verb: 'publish', key: 'water', n: 2, expected });
}

/** 今天 15:00 in China, `hours` from now. */
const promised = (stage: Stage, hours: number): string => {
  const china = new Date(stage.now.getTime() + (8 + hours) * 3600_000);
  const isToday = china.getUTCDate() === new Date(stage.now.getTime() + 8 * 3600_000).getUTCDate();
  return `${isToday ? '今天' : '明天'} ${String(china.getUTCHours()).padStart(2, '0')}:00前`;
};

const CONTACT: Section = ['contact', ['社区值班：028 5550 0123', '市民热线：12345']];

function waterSections(stage: Stage, place: string): Section[] {
  return [
    ['known', ['金马街二次供水泵房的电缆烧毁，3号院至6号院612户停水。没有人受伤。']],
    ['unknown', ['同一批电缆的另外3处是否也有问题，正在检查。电缆烧毁的原因，查清后在办结通报里说明。']],
    ['doing', [`物业和供电抢修队正在更换电缆。2辆送水车停在${place}，社区工作者正把水送到70岁以上独居老人家里。`]],
    [
      'todo',
      [
        '来水以后先放两分钟，水清了再用。',
        '家里有行动不便的老人，请打社区值班电话，我们送水上门。',
        '请不要自己打开泵房和配电箱。',
      ],
    ],
    ['next', [promised(stage, 2)]],
    CONTACT,
  ];
}

function holdingOnWater(stage: Stage): void {
  answer(stage, {
    key: 'water',
    incident: 'water',
    kind: 'holding',
    headline: '金马街3号院至6号院停水：正在抢修',
    sections: waterSections(stage, '金马街12号院门口'),
    at: [4.3, 4.1, 3.9, 3.8],
  });
}

function correctionOnWater(stage: Stage): void {
  correct(stage, waterSections(stage, '文殊院街5号门口'), [2.6, 2.4, 2.2, 2.1]);
}

function updateOnWater(stage: Stage): void {
  answer(stage, {
    key: 'water update',
    incident: 'water',
    kind: 'update',
    headline: '金马街3号院至6号院停水：电缆已接通，正在试压',
    sections: [
      ['known', ['金马街二次供水泵房的电缆烧毁，3号院至6号院612户停水。没有人受伤。']],
      ['unknown', ['同一批电缆的另外3处是否也有问题，正在检查。']],
      ['doing', ['电缆已经接通，水泵正在试压。2辆送水车停在文殊院街5号门口。']],
      ['todo', ['来水以后先放两分钟，水清了再用。', '请不要自己打开泵房和配电箱。']],
      ['questions', ['大家问几点来水：试压合格就来水，预计两小时内。']],
      ['responsible', ['青羊街道牵头，物业和供电抢修队配合。']],
      ['next', [promised(stage, 1)]],
      CONTACT,
    ],
    at: [0.9, 0.5],
  });
}

function finalOnLamp(stage: Stage): void {
  answer(stage, {
    key: 'lamp',
    incident: 'lamp',
    kind: 'final',
    headline: '白云寺街路灯已经修好',
    sections: [
      ['known', ['白云寺街9号到21号的7盏路灯昨晚全部恢复。']],
      ['cause', ['一处接线盒进水，已经换新并加了防水罩。']],
      ['unknown', ['没有。']],
      ['doing', ['照明管理所一周内复查两次。']],
      ['todo', ['再看到不亮的灯，请打社区值班电话。']],
      ['questions', ['大家问会不会再坏：接线盒换成了防水的。']],
      ['responsible', ['文殊社区，照明管理所。']],
      CONTACT,
    ],
    at: [40, 38, 37, 36],
  });
}

function refutation(stage: Stage): void {
  answer(stage, {
    key: 'rumour',
    incident: 'rumour',
    kind: 'refutation',
    headline: '文殊片区没有停气计划',
    sections: [
      ['rumour', ['「文殊片区要统一断气三天」。']],
      ['known', ['燃气公司书面答复：没有停气计划。']],
      ['unknown', ['最早是谁发的，还不知道。']],
      ['doing', ['社区工作者在各楼栋群里说明。']],
      ['todo', ['请不要购买、存放煤气罐。']],
      ['next', [promised(stage, 6)]],
      CONTACT,
    ],
    at: [1.4],
  });
}

/** Four responses: one out and corrected, its update waiting to be signed, one final, one still a draft. */
export function answerScenes(stage: Stage): void {
  for (const scene of [holdingOnWater, correctionOnWater, updateOnWater, finalOnLamp, refutation]) scene(stage);
}
