/*
 * Printing a paper: while the browser prints, a copy of the page of paper stands alone under `body` (minutes.css), so
 * that neither the frame around it nor its scrollers have to know about paper.
 */

/** Copies `paper()` for the printer whenever the browser prints, until the returned function is called. */
export function printable(paper: () => Element | null): () => void {
  let copy: HTMLElement | undefined;
  const clear = (): void => {
    copy?.remove();
    copy = undefined;
  };
  const place = (): void => {
    clear();
    const page = paper();
    if (page === null) return;
    copy = document.createElement('div');
    copy.className = 'for-printer';
    copy.append(page.cloneNode(true));
    // Who happens to be writing, and hints where nothing is written, are no part of the minutes.
    for (const mark of copy.querySelectorAll('.caret, .placeholder, .here, .unfit, .vh')) mark.remove();
    for (const part of copy.querySelectorAll('section.plain')) if (part.textContent.trim() === '') part.remove();
    document.body.append(copy);
  };
  addEventListener('beforeprint', place);
  addEventListener('afterprint', clear);
  return () => {
    removeEventListener('beforeprint', place);
    removeEventListener('afterprint', clear);
    clear();
  };
}
