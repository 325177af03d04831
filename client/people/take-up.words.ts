import type { ErrorTable } from '#client/platform/errors.ts';
import { defineWords } from '#client/platform/i18n.svelte.ts';
import { accountErrors } from './account.errors.ts';

const zh = {
  post: (unit: string, role: string) => `${unit} ${role}`,
  title: (posts: readonly string[]) => `等您填核验码：${posts.join('、')}`,
  what: '岗位要凭核验码开始；动态码重置以后也要重新核验。请找一位管理员当面领核验码：没有登记过您，没有给过您登录的办法，也没有提出这个岗位或这次重置。这样能确定岗位在您本人手里。',
  code: '核验码',
  hint: '十二个字符，短横可以不填，领到后一天内有效',
  begin: '核验',
  begun: '核验好了，岗位可以用了。',
};

const en: typeof zh = {
  post: (unit: string, role: string) => `${role}, ${unit}`,
  title: (posts: readonly string[]) => `Waits for your verification code: ${posts.join('; ')}`,
  what: 'A post begins with a verification code, and after a reset of the one-time code it takes another. An administrator hands it to you in person: one who did not enrol you, nor give you a way to sign in, nor ask for this post or this reset. So it is certain that the post is in your hands.',
  code: 'Verification code',
  hint: 'Twelve characters, hyphens may be left out; good for a day',
  begin: 'Verify',
  begun: 'Verified. The post is yours to use.',
};

export const takeUpWords = defineWords(zh, en);

export const takeUpErrors: ErrorTable = {
  ...accountErrors,
  'people.vouch_code_wrong': {
    zh: '核验码不对，或者已经过期，还没有核验。请核对，或再领一个；领了新的，原来的就作废。',
    en: 'The verification code is not right, or is over; nothing is verified yet. Check it, or ask for another, which voids the one before.',
    tone: 'act',
  },
  'people.factor_first': {
    zh: '请先在“账号与安全”里启用动态码，再填核验码。',
    en: 'First set up the one-time code under “Account and security”, then enter the verification code.',
    tone: 'act',
  },
};
