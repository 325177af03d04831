import { describe, expect, it } from 'vitest';
import { eventually } from '../support/client.ts';
import { startYDocs } from '../support/ydocs-hub.ts';
import { inside, nested } from '../support/ydocs-wire.ts';

/* What an edit that is refused costs: its sender the line, and everybody else nothing. */

describe('a text with nodes in nodes', () => {
  it('is taken as deep as it is read; deeper, its sender goes and nothing of it stays', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    wang.update(nested(62, '最里面'));
    await wang.barrier();
    const li = await inside(hub, id, 'li');
    li.update(nested(64, '太里面'));
    expect(await eventually(() => li.closed())).toBe(4400);
    const now = await hub.docs.read(id);
    expect(JSON.stringify(now)).toContain('最里面');
    expect(JSON.stringify(now)).not.toContain('太里面');
    await hub.stop();
    const again = await startYDocs({ folder: hub.folder });
    expect(await again.docs.read(id)).toEqual(now);
  });
});
