import { defineWords } from '#client/platform/i18n.svelte.ts';

const zh = {
  open: '开一个房间',
  title: (unit: string) => `开一个房间 · ${unit}`,
  what: '单位里的人马上能看到它，管理员这一岗位看不到里面。房间开了不能关。',
  name: '房间名',
  required: '请填写',
  kind: '谁发言',
  kinds: { open: '大家都可以', announce: '只发公告：信息员、发言人和版主' },
  subtree: '含下级单位',
  subtreeWhat: '下级单位的人也在里面',
  alike: '这个单位已经有这样叫的房间：',
  alikeNext: '要另开一个，请再点一次“开一个房间”。',
  done: (title: string) => `「${title}」开好了`,
};

const en = {
  open: 'Open a room',
  title: (unit: string) => `Open a room · ${unit}`,
  what: 'The people of the unit see it at once; the post of an administrator alone does not read it. A room that is open cannot be closed.',
  name: 'Name of the room',
  required: 'Please fill this in',
  kind: 'Who writes',
  kinds: { open: 'Everybody', announce: 'Announcements: officers, spokespersons and moderators' },
  subtree: 'Units below as well',
  subtreeWhat: 'People of the units below are in it too',
  alike: 'The unit has a room of this name:',
  alikeNext: 'To open another one, press Open a room again.',
  done: (title: string) => `“${title}” is open`,
};

export const words = defineWords(zh, en);
