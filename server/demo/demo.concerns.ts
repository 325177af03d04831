import { answerScenes } from './demo.answers.ts';
import { CONCERNS, type Concern } from './demo.cases.ts';
import { roomId, type Said } from './demo.forum.ts';
import { demoId } from './demo.people.ts';
import { TALKS } from './demo.talk.ts';
import { headOf, incidentId, type Stage } from './demo.timeline.ts';

function flag(stage: Stage, concern: Concern, said: Said): void {
  const { key, unit, by, title, what, where, source, severity, category, flagged } = concern;
  const incident = incidentId(key);
  stage.scene(stage.ago(flagged), async () => {
    // The water main is flagged from the chat, with the message it came from.
    const talk = TALKS.findIndex((one) => one.room === 'work' && 'hoursAgo' in one.at);
    const seq = key === 'water' ? said.get(`work ${talk} 3`) : undefined;
    const from = seq === undefined ? {} : { from: { room: roomId('work'), seq } };
    const input = { id: incident, unit: stage.unit(unit), title, what, where, source, severity, category, ...from };
    await stage.run(by, 'incidents:flag', input);
  });
  concern.reports.forEach(([ago, place, text], n) => {
    const id = demoId(`report ${key} ${n}`);
    const reporter =
      place === 'wenshu'
        ? 'officer'
        : place === 'babaojie'
          ? 'huangwei'
          : place === 'toufujie'
            ? 'tangying'
            : 'weiping';
    const input = { id, incident, unit: stage.unit(place), text, source: `居民来电 ${n + 1}` };
    // Whoever leads the neighbouring community may not report into a concern that does not touch it yet.
    stage.scene(stage.ago(ago), () =>
      stage
        .run(place === unit ? by : reporter, 'incidents:report', input)
        .catch(() => stage.run('deputy', 'incidents:report', input)),
    );
  });
}

function handle(stage: Stage, concern: Concern): void {
  const { key, unit, by, severity, category, triaged, lead } = concern;
  const incident = incidentId(key);
  const expected = () => headOf(stage, `incident:${incident}`);
  if (triaged !== undefined) {
    const { ago, communities = [unit], ...rest } = triaged;
    stage.scene(stage.ago(ago), async () => {
      const input = { id: demoId(`triage ${key}`), incident, expected: await expected(), severity, category };
      await stage.run('deputy', 'incidents:triage', { ...input, ...rest, communities: communities.map(stage.unit) });
    });
  }
  if (lead !== undefined) {
    stage.scene(stage.ago(lead.ago), async () => {
      const input = { id: demoId(`assign ${key}`), incident, expected: await expected() };
      await stage.run('deputy', 'incidents:assign', { ...input, lead: stage.person(lead.login) });
    });
    stage.scene(stage.ago(lead.ago - 0.05), async () => {
      await stage.run(lead.login, 'incidents:accept', {
        id: demoId(`accept ${key}`),
        incident,
        expected: await expected(),
      });
    });
  }
  if (key === 'drill') {
    stage.scene(stage.ago(99), async () => {
      const input = {
        id: demoId('dismiss drill'),
        incident,
        expected: await expected(),
        reason: 'test',
        why: '消防拉练',
      };
      await stage.run(by, 'incidents:dismiss', input);
    });
  }
}

function note(stage: Stage, key: string, said: readonly [ago: number, about: string, text: string]): void {
  const [ago, about, text] = said;
  const id = demoId(`note ${key} ${about} ${ago}`);
  stage.scene(stage.ago(ago), () =>
    stage.run('officer', 'incidents:note', { id, incident: incidentId(key), text, about }),
  );
}

/** Eight concerns in different states, three responses on their way, two of them out, one corrected. */
export function concernScenes(stage: Stage, said: Said): void {
  for (const concern of CONCERNS) {
    flag(stage, concern, said);
    handle(stage, concern);
  }
  note(stage, 'water', [4.6, 'known', '泵房电缆烧毁，4个院落612户停水，无人受伤']);
  note(stage, 'water', [4.55, 'unknown', '同批次的另外3处电缆是否也有问题']);
  note(stage, 'water', [4.5, 'doing', '物业和供电抢修队更换电缆；2辆送水车在文殊院街5号']);
  answerScenes(stage);
  stage.scene(stage.ago(35), async () => {
    const incident = incidentId('lamp');
    const input = { id: demoId('resolve lamp'), incident, expected: await headOf(stage, `incident:${incident}`) };
    await stage.run('officer', 'incidents:resolve', { ...input, why: '7盏路灯全部恢复' });
  });
}
