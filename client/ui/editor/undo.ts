import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from '@tiptap/y-tiptap';
import * as Y from 'yjs';

/*
 * One undo for all parts of a document, though only one of them has an editor at a time. The editor's plugin destroys
 * the manager it is given when it goes; so each is lent a handle that only takes back its own listeners.
 */

const managers = new WeakMap<Y.Doc, Y.UndoManager>();

/** The undo of what this page wrote, over every fragment of `doc` that has ever been edited here. */
export function undoOf(fragment: Y.XmlFragment): Y.UndoManager {
  const { doc } = fragment;
  if (doc === null) throw new Error('a fragment belongs to a document');
  const known = managers.get(doc);
  if (known !== undefined) {
    known.addToScope(fragment);
    return known;
  }
  const manager = new Y.UndoManager([fragment], {
    trackedOrigins: new Set([ySyncPluginKey]),
    deleteFilter: (item: Y.Item) => defaultDeleteFilter(item, defaultProtectedNodes),
    captureTransaction: (transaction) => transaction.meta.get('addToHistory') !== false,
  });
  managers.set(doc, manager);
  return manager;
}

type Listen = Y.UndoManager['on'];

/** `manager` for as long as one editor lives. */
export function lend(manager: Y.UndoManager): Y.UndoManager {
  const given: Parameters<Listen>[] = [];
  const handle = {
    doc: manager.doc,
    trackedOrigins: new Set<unknown>(),
    get undoStack() {
      return manager.undoStack;
    },
    get redoStack() {
      return manager.redoStack;
    },
    undo: () => manager.undo(),
    redo: () => manager.redo(),
    stopCapturing: () => {
      manager.stopCapturing();
    },
    on: (...listener: Parameters<Listen>) => {
      given.push(listener);
      manager.on(...listener);
    },
    destroy: () => {
      for (const listener of given) manager.off(...listener);
    },
  };
  return handle as unknown as Y.UndoManager;
}
