import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { newId, signIn, type Answer } from '../support/client.ts';
import { feed, flag, triage, view } from '../support/incident-calls.ts';

describe('the board', () => {
  it('goes from hot to calm or by what is due, page after page, each incident once', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const severities = ['IV', 'I', 'III', 'II', 'U'];
    const made: Record<string, string> = {};
    for (const severity of severities) made[severity] = (await flag(officer, hub, { severity })).incident;
    const hot = made['U'] ?? '';
    for (let n = 0; n < 3; n++) {
      await officer.done('incidents:report', { id: newId(), incident: hot, unit: hub.unit('wenshu'), text: '也没水' });
    }
    expect((await feed(officer))[0]).toMatchObject({ id: hot, why: { reporters: 4 } });
    const byDue = await feed(officer, { sort: 'due' });
    expect(byDue.map(({ severity }) => severity)).toEqual(['I', 'II', 'III', 'U', 'IV']);

    for (const sort of ['heat', 'due']) {
      const seen: unknown[] = [];
      let cursor: unknown;
      do {
        const more = cursor === undefined ? {} : { cursor };
        const page: Answer = await officer.done('incidents:feed', { sort, limit: 2, ...more });
        seen.push(...(page['incidents'] as { id: string }[]).map(({ id }) => id));
        cursor = page['cursor'];
      } while (cursor !== undefined);
      expect(seen).toHaveLength(5);
      expect(new Set(seen)).toEqual(new Set(Object.values(made)));
    }
  });

  it('an incident leaves by triage is told of it, with the boards above it', async () => {
    const hub = await startApp();
    const [officer, deputy] = [await signIn(hub, 'officer'), await signIn(hub, 'deputy')];
    const { incident } = await flag(officer, hub);
    const { streams, consumers } = hub.app;
    const toldOf = async (unit: string): Promise<unknown[]> => {
      const events = await streams.read(`unit:${hub.unit(unit)}`, 1, Number.MAX_SAFE_INTEGER, 1_000);
      const pointers = events.filter(({ type }) => type === 'incidents.touched').map(({ data }) => data);
      return (pointers as { stream: string; seq: number }[])
        .filter(({ stream }) => stream === `incident:${incident}`)
        .map(({ seq }) => seq);
    };
    await consumers.settled();
    await deputy.done('incidents:triage', triage(hub, incident, { communities: [hub.unit('babaojie')] }));
    await consumers.settled();
    expect(await toldOf('wenshu')).toEqual([1, 2]);
    expect(await toldOf('babaojie')).toEqual([2]);
    expect(await toldOf('qingyang-street')).toEqual([1, 2]);
    expect(await feed(officer, { unit: hub.unit('wenshu') })).toEqual([]);
  });

  it('made again from the streams is the same board', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { incident } = await flag(officer, hub, { severity: 'II' });
    await officer.done('incidents:triage', triage(hub, incident, { severity: 'II' }));
    await hub.app.consumers.settled();
    const before = await feed(officer);
    const { model, projection } = hub.app.features.incidents;
    await model.clear();
    expect(await feed(officer)).toEqual([]);
    const events = await hub.app.streams.read(`incident:${incident}`, 1, 10);
    await projection.handle(events);
    await projection.handle(events.slice(0, 1)); // a repeat takes nothing back
    expect(await feed(officer)).toEqual(before);
  });
});

describe('what responses tell an incident', () => {
  it('an answer stops its clock, once', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { incident } = await flag(officer, hub, { severity: 'III' });
    const { noteResponse, factsOf } = hub.app.features.incidents;
    const at = new Date().toISOString();
    const out = { source: newId(), actor: hub.person('spokesperson'), incident, response: newId(), revision: 1, at };
    await noteResponse({ ...out, kind: 'holding' });
    await noteResponse({ ...out, kind: 'holding' });
    const { clocks, version, visibility } = await view(officer, incident);
    expect(version).toBe(2);
    expect(visibility).toBe('public');
    expect((clocks as { clock: string; metAt?: string }[]).find(({ clock }) => clock === 'C2')?.metAt).toBe(at);
    await officer.done('incidents:note', { id: newId(), incident, text: '泵房电缆烧毁\n无人受伤', about: 'known' });
    expect(await factsOf(incident)).toMatchObject({
      ...{ leadUnit: hub.unit('wenshu'), open: true, factVersion: 2, severity: 'III' },
      answers: { known: ['泵房电缆烧毁', '无人受伤'], unknown: [], doing: [] },
    });
    expect(await factsOf(newId())).toBeUndefined();
  });
});
