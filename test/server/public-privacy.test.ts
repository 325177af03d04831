import { describe, expect, it } from 'vitest';
import { actorOf } from '../support/response-cast.ts';
import { at, everything, startResponses } from '../support/response-hub.ts';
import { newId as id } from '../support/client.ts';

describe('privacy', () => {
  it('no draft, author, signer, comment or id of a person leaves, at any address, in any state', async () => {
    const hub = await startResponses({ incident: { unknown: '内部未知甲', doing: null } });
    const { draft, submit, approve, publish, correct, on, published } = at(hub);
    const hidden = [
      ...['王敏', '赵蕾', '周强', '内部意见乙', '草稿里的话丙', '删掉的话丁', '内部未知甲'],
      ...(['officer', 'spokesperson', 'approver', 'upper'] as const).map((who) => actorOf(who).person),
      hub.incident.incident,
    ];
    const shown = await published('可以公开的话');
    hidden.push(shown.response);
    // A correction in the making, with a comment on it.
    const { doc } = await correct(shown.response, { class: 'factual', wrong: '内部草拟的错', right: '内部草拟的对' });
    hidden.push(doc, '内部草拟的错', '内部草拟的对');
    hub.documents.replaceAll(doc, ['草稿里的话丙']);
    await submit(shown.response);
    await hub.service.return(actorOf('approver'), { ...(await on(shown.response)), comment: '内部意见乙' });
    // Another draft that is signed but not out, and one nobody has submitted.
    const signed = await draft('statement', '还没发布的标题戊');
    hub.documents.replaceAll(signed.doc, ['草稿里的话丙']);
    await submit(signed.response);
    await approve(signed.response);
    const open = await draft('update', '还没发布的标题己');
    hidden.push('还没发布的标题戊', '还没发布的标题己', signed.response, open.response);
    const codes = [shown.code, signed.code, open.code];
    const visible = hidden.filter((words) => words !== '内部未知甲'); // the incident's own words stood in what went out
    const all = await everything(hub, codes);
    for (const words of visible) expect(all, words).not.toContain(words);
    // Published and stopped on the way.
    hub.incident.factVersion++;
    await expect(publish(signed.response)).rejects.toMatchObject({ code: 'responses.facts_changed' });
    expect(await everything(hub, codes)).not.toContain('还没发布的标题戊');
  });

  it('an exercise is on no page and in no feed', async () => {
    const hub = await startResponses({ incident: { exercise: true, title: '演练用的停水' } });
    const { code, url } = await at(hub).published('演练用的话');
    expect(code).toMatch(/^XR-/);
    expect(url).toBeNull();
    expect(await everything(hub, [code])).not.toMatch(/演练用的/);
  });

  it('what needs no public response stays an internal record', async () => {
    const hub = await startResponses();
    const { submit, approve, publish } = at(hub);
    const command = { id: id(), incident: hub.incident.incident, kind: 'none_needed' as const };
    const { response, doc, code } = await hub.service.draft(actorOf('spokesperson'), command);
    hub.documents.write(doc, 'officer', '不用公开回应的理由', '当事人已经满意');
    await submit(response);
    await approve(response);
    expect(await publish(response)).toMatchObject({ url: null, visible: false });
    expect(await everything(hub, [code])).not.toContain('当事人已经满意');
  });
});
