import { defineWords } from '#client/platform/i18n.svelte.ts';

/* The words of what is fetched only when somebody asks for it (later.ts). */

const zh = {
  searchHint: '词、人名、门牌都可以',
  searchNone: (q: string) => `没有找到「${q}」。换个词，或者少写几个字试试。`,
  searchMore: '还有更多，请再写具体些。',
  found: (n: number) => `找到 ${n} 条`,
  history: '编辑记录',
  historyWhat: '每次改动前的文字都在这里，房间里的人都能看。',
  now: '现在',
  replaced: (when: string) => `${when} 以前`,
  reply: '回复',
  edit: '编辑',
  retract: '撤回',
  remove: '撤下这条消息',
  removeWhat: '文字马上对所有人收回，原处留下说明。写的人会看到理由，可以申诉。',
  reason: '理由',
  copy: '复制文字',
  copied: '已复制',
  flag: '标记为关注',
};

const en = {
  searchHint: 'A word, a name, a house number',
  searchNone: (q: string) => `Nothing found for “${q}”. Try another word, or fewer.`,
  searchMore: 'There is more; please be more exact.',
  found: (n: number) => `${n} found`,
  history: 'Edit history',
  historyWhat: 'The wording before each change. Everybody in the room can see it.',
  now: 'Now',
  replaced: (when: string) => `Until ${when}`,
  reply: 'Reply',
  edit: 'Edit',
  retract: 'Retract',
  remove: 'Take this message down',
  removeWhat:
    'The text is withdrawn from everybody at once and a note stays in its place. The author sees the reason and can appeal.',
  reason: 'Reason',
  copy: 'Copy text',
  copied: 'Copied',
  flag: 'Flag as a concern',
};

export const asked = defineWords(zh, en);
