/**
 * For a container that can be focused: where what had the focus in it goes away (a line that is done, a button that is
 * another one now), what stands in its place has it, else the container. Otherwise a keyboard starts again at the top
 * of the page. Watches the whole document, because a dialog gives the focus back to its button later than it is gone.
 */
export function keepFocus(container: HTMLElement): () => void {
  let last: HTMLElement | undefined;
  let list: HTMLElement | undefined;
  let place = -1;

  function remember(): void {
    const has = document.activeElement;
    if (!(has instanceof HTMLElement) || has === container || !container.contains(has)) return;
    last = has;
    const line = has.closest('li');
    list = line?.parentElement ?? undefined;
    place = line === null || list === undefined ? -1 : [...list.children].indexOf(line);
  }
  function mend(): void {
    if (last === undefined || last.isConnected || document.activeElement !== document.body) return;
    last = undefined;
    const line = list?.isConnected === true ? (list.children[place] ?? list.lastElementChild) : undefined;
    (line?.querySelector<HTMLElement>('button:not(:disabled), a[href]') ?? container).focus({ preventScroll: true });
  }

  const watch = new MutationObserver(mend);
  watch.observe(document.body, { childList: true, subtree: true });
  container.addEventListener('focusin', remember);
  return () => {
    watch.disconnect();
    container.removeEventListener('focusin', remember);
  };
}
