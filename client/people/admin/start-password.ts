const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'; // none that is taken for another when read out

/** A password to begin with: sixteen characters in fours, 80 bits, to be read out or copied and changed at once. */
export function newStartPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const letters = Array.from(bytes, (byte) => LETTERS[byte & 31]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}
