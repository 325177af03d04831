import type { ErrorTable } from '#client/platform/errors.ts';

/** What the end of an account says to a person, whichever side of it they are on. */
export const closingErrors: ErrorTable = {
  'people.not_asked': {
    zh: '本人没有申请注销，或者已经撤回，什么都没有改变。',
    en: 'They have not asked for it, or do not any more; nothing was changed.',
    tone: 'calm',
  },
  'people.posts_held': {
    zh: '还有岗位没有交接，什么都没有改变。请先由管理员结束这些岗位。',
    en: 'There are posts to hand over first, nothing was changed. An administrator ends them.',
    tone: 'act',
  },
  'people.already_so': {
    zh: '已经是这样了，什么都没有改变。',
    en: 'It is so already, nothing was changed.',
    tone: 'calm',
  },
};
