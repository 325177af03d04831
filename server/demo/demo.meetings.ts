import { demoId } from './demo.people.ts';
import { writeItem } from './demo.texts.ts';
import type { Stage } from './demo.timeline.ts';

interface Scene {
  key: string;
  by: string;
  unit: string;
  title: string;
  body: string;
  /** When it begins and when the minutes were made. */
  starts: (stage: Stage) => Date;
  made: (stage: Stage) => Date;
  items: readonly { title: string; lines: readonly (readonly [login: string, words: readonly string[]])[] }[];
  present: readonly string[];
  signed?: (stage: Stage) => Date;
}

const MEETINGS: readonly Scene[] = [
  {
    key: 'council',
    by: 'officer',
    unit: 'wenshu',
    title: '文殊社区议事会（十一月）',
    body: 'council',
    starts: (stage) => stage.day(8, 19),
    made: (stage) => stage.day(8, 19, 5),
    present: ['officer', 'worker', 'worker2', 'zhoujianguo', 'liuyulan', 'fengjie'],
    items: [
      {
        title: '院落晾衣架方案',
        lines: [
          [
            'worker',
            ['李华介绍三个院落的晾衣架现状，18处松动。', '方案：先修3号院和5号院，用不锈钢杆，不占消防通道。'],
          ],
          ['zhoujianguo', ['议事会通过晾衣架方案，9票赞成，1票弃权。']],
        ],
      },
      {
        title: '楼道灯换声控开关',
        lines: [['worker2', ['物业报价每盏46元，坏的先换，好的不动。', '李华负责统计，下次会议报告结果。']]],
      },
    ],
    signed: (stage) => stage.day(7, 16),
  },
  {
    key: 'assembly',
    by: 'officer',
    unit: 'wenshu',
    title: '文殊社区居民代表会议',
    body: 'residentRepAssembly',
    starts: (stage) => stage.ago(0.7),
    made: (stage) => stage.ago(0.8),
    present: ['officer', 'worker', 'worker2', 'zhoujianguo', 'liuyulan', 'xiaolin', 'zengqiang'],
    items: [
      {
        title: '上次行动项落实情况',
        lines: [['zhoujianguo', ['楼道灯换声控开关：完成。', '7号院旧单车清理：完成。', '无障碍坡道报价：在办。']]],
      },
      {
        title: '金马街3号院二次供水改造',
        lines: [
          ['officer', ['王敏通报停水的经过：金马街泵房电缆烧毁，4个院落612户停水。']],
          [
            'worker',
            [
              '物业说明：现有电缆敷设于2009年，同批次还有3处，建议一并更换。',
              '代表提问集中在三点：费用从哪里出、施工时停不停水、谁来验收。',
            ],
          ],
        ],
      },
      {
        title: '院落公共空间使用时间',
        lines: [['worker', ['李华介绍春季以来3次居民恳谈会的意见，分歧在晚间结束时间。']]],
      },
      { title: '停车自治公约施行三个月', lines: [] },
    ],
  },
  {
    key: 'committee',
    by: 'deputy',
    unit: 'qingyang-street',
    title: '青羊街道值班例会',
    body: 'committee',
    starts: (stage) => new Date(stage.now.getTime() + 20 * 3600_000),
    made: (stage) => stage.ago(20),
    present: [],
    items: [
      { title: '一周关注事项', lines: [] },
      { title: '冬季用水用电提示', lines: [] },
    ],
  },
];

/** The shared line of a meeting's items: each person's words are their own edit, so that authorship is true. */
function write(stage: Stage, scene: Scene, doc: string): () => Promise<void> {
  return async () => {
    for (const [n, { lines }] of scene.items.entries()) {
      const words: string[] = [];
      for (const [login, added] of lines) {
        words.push(...added);
        const by = { id: demoId(`minutes ${scene.key} ${n} ${login}`), actor: stage.person(login) };
        await stage.app.features.docs.edit(doc, by, writeItem(`body:${demoId(`item ${scene.key} ${n}`)}`, words));
      }
    }
  };
}

function hold(stage: Stage, scene: Scene): void {
  const { key, by, unit, title, body, items, present, signed } = scene;
  const meeting = demoId(`meeting ${key}`);
  stage.scene(scene.made(stage), async () => {
    const listed = items.map((item, n) => ({ id: demoId(`item ${key} ${n}`), title: item.title }));
    const input = { id: meeting, unit: stage.unit(unit), title, body, startsAt: scene.starts(stage).toISOString() };
    const { doc } = await stage.run(by, 'minutes:create', { ...input, items: listed });
    await write(stage, scene, String(doc))();
    for (const login of present) {
      const id = demoId(`attendance ${key} ${login}`);
      const person = stage.person(login);
      await stage.run(by, 'minutes:set-attendance', { id, meeting, person, expected: 0, status: 'present' });
    }
  });
  if (signed === undefined) return;
  stage.scene(signed(stage), async () => {
    const seen = (await stage.run(by, 'minutes:view', { meeting })) as {
      meeting: { version: number; contentHash: string };
    };
    const { version, contentHash } = seen.meeting;
    await stage.run(by, 'minutes:sign', { id: demoId(`sign ${key}`), meeting, expected: version, contentHash });
  });
}

/** Three meetings: one signed, one going on now, one called for tomorrow. */
export function meetingScenes(stage: Stage): void {
  for (const scene of MEETINGS) hold(stage, scene);
}
