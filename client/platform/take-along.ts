/** Hands the person a file of text: what they wrote and cannot get in where it belongs, or what is theirs. */
export function takeAlong(name: string, text: string | readonly string[], type = 'text/plain'): void {
  const parts = typeof text === 'string' ? [text] : [...text];
  const url = URL.createObjectURL(new Blob(parts, { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after this turn.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
