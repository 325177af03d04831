/** A stream in words: its title, or where its name says all there is to say, that. Days of the log are UTC's. */
export function titleOf(
  stream: string,
  title: string,
  { anchors, nameOf }: { anchors: string; nameOf: { doc: string } },
): string {
  if (title !== '') return title;
  const cut = stream.indexOf(':');
  const [kind, id] = [stream.slice(0, cut), stream.slice(cut + 1)];
  if (kind === 'anchor') return anchors;
  if (kind === 'log') return `${id} UTC`;
  return kind === 'doc' ? `${nameOf.doc} ${id.slice(0, 8)}` : id;
}
