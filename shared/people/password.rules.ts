/** What a password is held against (NIST SP 800-63B §5.1.1.2; security §4.2). */
export interface PasswordFacts {
  /** Whether they hold a post that speaks, signs or appoints: theirs is longer. */
  privileged: boolean;
  /** What anybody knows of them: sign-in name, name, their units. */
  words: readonly string[];
  /** Whether a word stands in the list of common ones; lower case. */
  isCommon: (word: string) => boolean;
}

export type PasswordFault = 'short' | 'common' | 'personal';

/** Characters (UTF-16 units), as the schema counts them. */
const LENGTH = 12;
const LENGTH_PRIVILEGED = 15;
/** So many characters beside a common word make no password of it: `password` and a date. */
const DECORATION = 8;

/** Words of this house and this work, which no list from elsewhere has. */
const OURS: ReadonlySet<string> = new Set(
  'linli linli-demo shequ jiedao wangge wanggeyuan zhengfu chengdu 邻里 社区 街道 网格 网格员 居委会 政府 密码 我的密码'.split(
    ' ',
  ),
);

const ROWS = ['abcdefghijklmnopqrstuvwxyz', '0123456789012', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Letters and digits in the order of the alphabet, the numbers or the keyboard, forwards or back. */
function isRun(text: string): boolean {
  const back = Array.from(text).reverse().join('');
  return ROWS.some((row) => row.includes(text) || row.includes(back));
}

/** Nothing but one short piece again and again, or a few rows of the keyboard. */
function isPattern(text: string): boolean {
  if (new Set(text).size <= 3) return true;
  for (let size = 1; size * 2 <= text.length; size++) {
    const piece = text.slice(0, size);
    if (piece.repeat(Math.ceil(text.length / size)).startsWith(text)) return true;
  }
  return (text.match(/.{1,4}/gsu) ?? []).filter((part) => part.length > 1).every(isRun);
}

/** Personal words shorter than this stand in too many passwords by chance: two characters in Chinese say more. */
const tellsWho = (word: string): boolean => word.length >= (/\p{Script=Han}/u.test(word) ? 2 : 3);

/**
 * Why a password is not taken, or undefined. No rules of composition; what everybody tries first is refused: common
 * words with little beside them, patterns, and what is known of the person.
 */
export function passwordFault(
  password: string,
  { privileged, words, isCommon }: PasswordFacts,
): PasswordFault | undefined {
  if (password.length < (privileged ? LENGTH_PRIVILEGED : LENGTH)) return 'short';
  const lower = password.normalize('NFKC').toLowerCase();
  if (words.map((word) => word.toLowerCase()).some((word) => tellsWho(word) && lower.includes(word))) return 'personal';
  const letters = lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const plain = letters
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('3', 'e')
    .replaceAll('@', 'a')
    .replaceAll('$', 's');
  const known = (word: string): boolean => isCommon(word) || OURS.has(word);
  if (known(lower) || isPattern(lower)) return 'common';
  const isDecorated = lower.length - letters.length <= DECORATION && letters !== '';
  return isDecorated && (known(letters) || known(plain) || isPattern(letters)) ? 'common' : undefined;
}
