import { AppError } from '#shared/wire/error.ts';
import type { Locale } from './format.ts';

/*
 * What a code says to a person: what happened, what is safe, what to do. One table for the platform's codes; a
 * feature hands in its own, whose codes begin with its name.
 */

/** `calm`: nothing is lost and nothing to do. `act`: the person has to do something. `fault`: ours. */
export type Tone = 'calm' | 'act' | 'fault';

export interface ErrorWords {
  zh: string;
  en: string;
  tone: Tone;
}

export type ErrorTable = Readonly<Record<string, ErrorWords>>;

const PLATFORM: ErrorTable = {
  bad_input: {
    zh: '服务器不接受这样填写的内容，没有保存。请检查后再提交。',
    en: 'The server did not accept what was filled in, nothing was saved. Check it and send again.',
    tone: 'act',
  },
  unauthenticated: {
    zh: '登录已经结束。您写的内容还在这台设备上，重新登录后可以继续。',
    en: 'You are signed out. What you wrote is still on this device; sign in to go on.',
    tone: 'act',
  },
  forbidden: {
    zh: '您现在的岗位不能这样做，什么都没有改变。如有疑问，请问您的上级单位。',
    en: 'Your present post does not allow this, nothing was changed. Ask the unit above if you think it should.',
    tone: 'act',
  },
  not_found: {
    zh: '没有找到，或者您看不到它。请返回上一页。',
    en: 'It is not there, or not visible to you. Go back and choose again.',
    tone: 'act',
  },
  stale: {
    zh: '别人刚刚改动过，您的操作没有执行。请看过新的内容再决定。',
    en: 'Somebody changed it just now, so yours was not done. Look at what is new, then decide.',
    tone: 'act',
  },
  id_reused: {
    zh: '同一编号已经用在别的内容上，这一次没有保存。请重新填写提交。',
    en: 'The same number was already used for something else, this was not saved. Write it again.',
    tone: 'fault',
  },
  locked: {
    zh: '内容已经定稿，不能再改，您写的没有存进去。',
    en: 'It is final and cannot be changed; what you wrote did not go in.',
    tone: 'act',
  },
  too_large: {
    zh: '内容太大，没有保存。请缩短或拆开后再提交。',
    en: 'It is too large and was not saved. Shorten or split it.',
    tone: 'act',
  },
  rate_limited: {
    zh: '操作太快。内容留在这台设备上，稍后自动再送。',
    en: 'That was too fast. It is kept on this device and goes out by itself in a moment.',
    tone: 'calm',
  },
  storage: {
    zh: '服务器暂时存不下。内容留在这台设备上，会自动再送。',
    en: 'The server cannot store right now. It is kept on this device and goes out again by itself.',
    tone: 'calm',
  },
  overloaded: {
    zh: '服务器正忙。内容留在这台设备上，会自动再送。',
    en: 'The server is busy. It is kept on this device and goes out again by itself.',
    tone: 'calm',
  },
  internal: {
    zh: '服务器出错，这一次没有确认。可以再试；还不行，请把代码告诉管理员。',
    en: 'The server failed, this is not confirmed. Try again; if it stays, tell your administrator the code.',
    tone: 'fault',
  },
  offline: {
    zh: '现在连不上，还没有送出。连上以后再试。',
    en: 'There is no connection, nothing was sent. Try again once it is back.',
    tone: 'calm',
  },
  unknown: {
    zh: '服务器没有答复，可能已经办成。再试不会重复。',
    en: 'The server did not answer; it may have been done. Trying again does nothing twice.',
    tone: 'calm',
  },
  not_kept: {
    zh: '这台设备不让保存。关掉页面以前请先送出。',
    en: 'This device keeps nothing. Send it before you close the page.',
    tone: 'act',
  },
};

export interface Worded {
  /** For support, in small type. */
  code: string;
  text: string;
  tone: Tone;
}

/** The words for an error or a code, from the feature's table first. What nobody knows counts as our fault. */
export function wordError(error: unknown, locale: Locale, own: ErrorTable = {}): Worded {
  const code = error instanceof AppError ? error.code : typeof error === 'string' ? error : 'internal';
  const words = own[code] ?? PLATFORM[code] ?? PLATFORM['internal'];
  return { code, text: words?.[locale] ?? code, tone: words?.tone ?? 'fault' };
}
