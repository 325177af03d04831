import { useEither } from '#client/ui/words.ts';

/** What the editor says by itself; it comes with the editor. */
const zh = {
  tools: '文字工具',
  bold: '加粗',
  heading: '小标题',
  bulletList: '项目列表',
  orderedList: '编号列表',
  undo: '撤销',
  redo: '重做',
  leave: '按 Esc 离开文字，按 Alt+F10 到文字工具',
  unknown: '这里有本版本看不懂的内容',
  unfit: '这一段有本版本看不懂的内容，只能看，不能改；内容没有丢。刷新页面后再试。',
};

const en: typeof zh = {
  tools: 'Text tools',
  bold: 'Bold',
  heading: 'Heading',
  bulletList: 'List',
  orderedList: 'Numbered list',
  undo: 'Undo',
  redo: 'Redo',
  leave: 'Esc leaves the text, Alt+F10 goes to the text tools',
  unknown: 'Something here this version does not know',
  unfit:
    'This part holds something this version does not know. It can be read, not changed; nothing is lost. Reload and try again.',
};

/** The editor's words. Call while a component is set up, read when used. */
export const useEditorWords = (): (() => typeof zh) => useEither(zh, en);
