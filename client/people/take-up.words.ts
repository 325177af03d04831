import type { ErrorTable } from '#client/platform/errors.ts';
import { defineWords } from '#client/platform/i18n.svelte.ts';
import { accountErrors } from './account.errors.ts';

const zh = {
  post: (unit: string, role: string) => `${unit} ${role}`,
  title: (posts: readonly string[]) => `等您开始：${posts.join('、')}`,
  what: '请找没有登记过您、也没有给过您密码的管理员，当面领一个核验码。这样能确定岗位交到了您本人手里。',
  code: '核验码',
  hint: '十二个字符，领到后一天内有效',
  begin: '开始',
  begun: '岗位开始了。',
};

const en: typeof zh = {
  post: (unit: string, role: string) => `${role}, ${unit}`,
  title: (posts: readonly string[]) => `Waits for you to begin: ${posts.join('; ')}`,
  what: 'An administrator who did not enrol you, nor give you a password, hands you a code in person. So it is certain that the post has reached you.',
  code: 'Code',
  hint: 'Twelve characters, good for a day',
  begin: 'Begin',
  begun: 'The post has begun.',
};

export const takeUpWords = defineWords(zh, en);

export const takeUpErrors: ErrorTable = {
  ...accountErrors,
  'people.vouch_code_wrong': {
    zh: '核验码不对，或者已经过期，岗位还没有开始。请核对，或再领一个。',
    en: 'The code is not right, or is over, and the post has not begun. Check it, or ask for another.',
    tone: 'act',
  },
  'people.factor_first': {
    zh: '请先在“账号与安全”里启用动态码，再填核验码。',
    en: 'First set up the one-time code under “Account and security”, then enter this one.',
    tone: 'act',
  },
};
