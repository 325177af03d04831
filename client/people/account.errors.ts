import { AppError } from '#shared/wire/error.ts';
import { wordError, type ErrorTable, type Worded } from '#client/platform/errors.ts';
import type { Locale } from '#client/platform/format.ts';
import { stepUpErrors } from '#client/platform/step-up.errors.ts';
import { words } from './people.words.ts';

/** What signing in and one's own account say to a person. */
export const accountErrors: ErrorTable = {
  ...stepUpErrors,
  'people.code_needed': {
    zh: '密码对了，还要动态码。请打开验证器，填上六位数字。',
    en: 'The password is right; the code is needed as well. Open your authenticator and enter the six digits.',
    tone: 'act',
  },
  'people.code_wrong': {
    zh: '动态码不对，或者已经用过。请等下一个再填。',
    en: 'The code is not right, or was used already. Wait for the next one.',
    tone: 'act',
  },
  'people.old_code_wrong': {
    zh: '原来的动态码不对，或者刚用过，还没有换。请等下一个再填，或填一个恢复码。',
    en: 'The code of the one before is not right, or was just used, and nothing was changed. Wait for the next one, or enter a recovery code.',
    tone: 'act',
  },
  'people.password_wrong': {
    zh: '密码不对，什么都没有改变。请再填一次。',
    en: 'This is not your password, nothing was changed. Enter it again.',
    tone: 'act',
  },
  'people.password_short': {
    zh: '密码太短：至少 12 个字符，有审签、发言、管理等岗位的至少 15 个。',
    en: 'The password is too short: 12 characters at least, 15 with a post that signs, speaks or appoints.',
    tone: 'act',
  },
  'people.password_same': {
    zh: '不能和原来的密码一样，还没有改。请换一个。',
    en: 'It cannot be the password of before; nothing was changed. Choose another.',
    tone: 'act',
  },
  'people.password_common': {
    zh: '这个密码太常见，别人很快能猜到。请换一句只有您想得到的话。',
    en: 'This password is among the first that are tried. Choose a sentence that only you would think of.',
    tone: 'act',
  },
  'people.password_personal': {
    zh: '密码里不要有姓名、登录名或单位。请换一个。',
    en: 'Leave the name, the sign-in name and the unit out of the password. Choose another.',
    tone: 'act',
  },
  'people.identity_taken': {
    zh: '这个统一身份已经是别人的登录方式，没有保存。请核对。',
    en: 'Somebody else signs in with this identity, nothing was saved. Check it.',
    tone: 'act',
  },
  'people.over_http': {
    zh: '这一步没有送对地方，还没有执行。请刷新页面再试。',
    en: 'This step was sent the wrong way and was not done. Reload the page and try again.',
    tone: 'fault',
  },
  'people.factor_required': {
    zh: '您的岗位必须用动态码，不能停用。',
    en: 'Your post needs the code; it cannot be given up.',
    tone: 'act',
  },
  rate_limited: {
    zh: '试得太快了，请稍等再试。',
    en: 'That was too fast. Wait a moment and try again.',
    tone: 'act',
  },
};

/** The words for an error, in `own` (which has those above); with the seconds, where the hub said how long to wait. */
export function wordAccountError(error: unknown, locale: Locale, own: ErrorTable = accountErrors): Worded {
  const worded = wordError(error, locale, own);
  const wait = error instanceof AppError && error.code === 'rate_limited' ? error.details?.retryAfter : undefined;
  return wait === undefined ? worded : { ...worded, text: words.current.again(wait) };
}
