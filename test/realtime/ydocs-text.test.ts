import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { textOfDoc } from '#server/ydocs/ydocs.json.ts';
import { typeInto } from '../support/ydocs-hub.ts';

it('a document says the same after it was read again, though a part of it was emptied or only looked for', () => {
  const doc = new Y.Doc();
  typeInto(doc, '留下来的');
  const gone = doc.getXmlFragment('body:gone');
  gone.insert(0, [new Y.XmlElement('paragraph')]);
  gone.delete(0, 1);
  doc.getXmlFragment('body:never');
  const again = new Y.Doc();
  Y.applyUpdate(again, Y.encodeStateAsUpdate(doc));
  expect(textOfDoc(again)).toEqual(textOfDoc(doc));
  expect(Object.keys(textOfDoc(doc).fragments)).toEqual(['body']);
});
