import { expect, it } from 'vitest';
import type { DocAccess } from '#server/ydocs/ydocs.port.ts';
import { eventually } from '../support/client.ts';
import { inside, ofType, openWire } from '../support/ydocs-wire.ts';
import { startYDocs } from '../support/ydocs-hub.ts';

/* Rights that are taken while they are being asked for. */

it('a document opened while the right to it is taken is closed again at once', async () => {
  const hub = await startYDocs();
  const id = await hub.aDoc();
  const rightOf = hub.rights.get.bind(hub.rights);
  let asked = 0;
  hub.rights.get = (person) => {
    const right = rightOf(person);
    if (person !== 'wang' || asked++ > 0) return right;
    hub.rights.delete(person);
    void hub.docs.recheck(); // nobody is there yet to be asked about
    return right;
  };
  const wang = await openWire(hub, id, 'wang');
  expect(await eventually(() => wang.closed())).toBe(4403);
});

it('an old answer that comes late does not bring back a right that was taken since', async () => {
  const hub = await startYDocs();
  const id = await hub.aDoc();
  const wang = await inside(hub, id, 'wang');
  const rightOf = hub.rights.get.bind(hub.rights);
  let answer = (): void => undefined;
  const late = new Promise<DocAccess | undefined>((resolve) => {
    answer = () => {
      resolve({ role: 'edit', state: 'draft' });
    };
  });
  let isAsked = false;
  hub.rights.get = (person) => {
    if (isAsked) return rightOf(person);
    isAsked = true;
    return late as unknown as DocAccess; // access is awaited: the store takes its time
  };
  const before = hub.docs.recheck();
  await eventually(() => isAsked);
  hub.rights.set('wang', { role: 'read', state: 'in_review' });
  await hub.docs.recheck();
  await eventually(() => ofType(wang, 'status').at(-1)?.status.role === 'read');
  answer();
  await before;
  await wang.barrier();
  expect(ofType(wang, 'status').at(-1)?.status).toMatchObject({ role: 'read', state: 'in_review' });
});
