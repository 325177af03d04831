import { Editor } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret';
import { Selection } from '@tiptap/pm/state';
import { StarterKit } from '@tiptap/starter-kit';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import { drawCaret, drawSelection, type Writer } from './caret.ts';
import { fits } from './fit.ts';
import { lend, undoOf } from './undo.ts';

/* The part of a text that is being written in: a TipTap editor bound to its fragment. Loaded when first needed. */

/** Who must know that an input method is composing, so that nothing is drawn into it. */
export interface Gate {
  begin: () => void;
  end: () => void;
  flush: () => void;
}

export const TOOLS = ['heading', 'bold', 'bulletList', 'orderedList'] as const;
export type Tool = (typeof TOOLS)[number];

export interface LiveOptions {
  element: HTMLElement;
  fragment: Y.XmlFragment;
  awareness: Awareness;
  user: Writer;
  /** Attributes of the text box, for readers of the screen. */
  attributes: Record<string, string>;
  headings: boolean;
  gate: Gate | undefined;
  /** Marks under the caret, or undo and redo, may have changed. */
  onmove: () => void;
  /** Somebody put in what this version cannot hold: the editor is gone before it could delete it. */
  onunfit: () => void;
  onleave: () => void;
  ontools: () => void;
}

export interface Live {
  /** Begins to write: where it was pressed, else at the end. */
  focus: (at?: { x: number; y: number }) => void;
  /** Puts in what was typed before the editor was there. */
  type: (text: string) => void;
  /** Goes on where the caret was. */
  resume: () => void;
  use: (tool: Tool) => void;
  undo: () => void;
  redo: () => void;
  isOn: (tool: Tool) => boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly empty: boolean;
  destroy: () => void;
}

function extensions({ fragment, awareness, user }: LiveOptions, undo: Y.UndoManager) {
  return [
    StarterKit.configure({
      undoRedo: false, // Yjs knows which changes are this person's
      trailingNode: false, // would write into the text of everybody who merely looks
      heading: { levels: [2, 3] },
      link: { openOnClick: false, autolink: false, linkOnPaste: false },
    }),
    Collaboration.configure({ fragment, yUndoOptions: { undoManager: lend(undo) } }),
    CollaborationCaret.configure({
      provider: { awareness },
      user: { ...user },
      render: drawCaret,
      selectionRender: drawSelection,
    }),
  ];
}

function keys(options: LiveOptions): (event: KeyboardEvent) => boolean {
  return (event) => {
    if (event.isComposing) return false;
    if (event.key === 'Escape') options.onleave();
    else if (event.key === 'F10' && event.altKey) options.ontools();
    else return false;
    event.preventDefault();
    return true;
  };
}

/** Makes the editor, or returns undefined if the fragment holds what it would delete. */
export function createLive(options: LiveOptions): Live | undefined {
  const { element, fragment, gate } = options;
  const undo = undoOf(fragment);
  undo.stopCapturing(); // what is written here is not one step with what was written elsewhere a moment ago
  const editor = new Editor({
    element: null,
    // Without it TipTap parses an empty text as HTML, which the page's policy stops (Trusted Types). The fragment replaces it.
    content: { type: 'doc', content: [{ type: 'paragraph' }] },
    injectCSS: false, // the page's policy allows no style element; RichText.svelte brings the rules
    extensions: extensions(options, undo),
    enableInputRules: ['bulletList', 'orderedList'],
    enablePasteRules: false,
    editorProps: {
      attributes: options.attributes,
      handleKeyDown: (_view, event) => keys(options)(event),
      handleDOMEvents: {
        compositionstart: () => {
          gate?.begin();
        },
        compositionend: () => {
          gate?.end();
        },
        blur: () => {
          gate?.flush();
        },
      },
    },
    onTransaction: options.onmove,
  });
  if (!fits(fragment, editor.schema)) {
    editor.destroy();
    return undefined;
  }
  // Before the editor mounts, so that it is asked before the binding hears of the same change.
  const watch = (): void => {
    if (fits(fragment, editor.schema)) return;
    destroy();
    options.onunfit();
  };
  const destroy = (): void => {
    if (editor.isDestroyed) return;
    fragment.unobserveDeep(watch);
    editor.destroy();
  };
  fragment.observeDeep(watch);
  editor.mount(element);
  return {
    focus: (at) => {
      placeCaret(editor, at);
    },
    type: (text) => {
      if (text !== '') editor.view.dispatch(editor.state.tr.insertText(text));
    },
    resume: () => {
      editor.view.focus();
    },
    use: (tool) => {
      use(editor, tool);
    },
    undo: () => editor.commands.undo(),
    redo: () => editor.commands.redo(),
    isOn: (tool) => editor.isActive(tool),
    get canUndo() {
      return undo.undoStack.length > 0;
    },
    get canRedo() {
      return undo.redoStack.length > 0;
    },
    get empty() {
      return editor.isEmpty;
    },
    destroy,
  };
}

/** Where it was pressed; else at the end, where one goes on writing. */
function placeCaret(editor: Editor, at: { x: number; y: number } | undefined): void {
  const { view, state } = editor;
  const found = at === undefined ? null : view.posAtCoords({ left: at.x, top: at.y });
  const place = found === null ? Selection.atEnd(state.doc) : Selection.near(state.doc.resolve(found.pos));
  view.dispatch(state.tr.setSelection(place));
  // Not `commands.focus`, which waits a frame: keys pressed meanwhile would be lost.
  view.focus();
}

function use(editor: Editor, tool: Tool): void {
  const chain = editor.chain();
  if (tool === 'bold') chain.toggleBold().run();
  else if (tool === 'bulletList') chain.toggleBulletList().run();
  else if (tool === 'orderedList') chain.toggleOrderedList().run();
  else chain.toggleHeading({ level: 2 }).run();
  editor.view.focus();
}
