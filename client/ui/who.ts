/** Which of the four who-colours somebody has: the same everywhere, for always, and no statement about them. */
export function whoColour(id: string): 1 | 2 | 3 | 4 {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return ((sum % 4) + 1) as 1 | 2 | 3 | 4;
}
