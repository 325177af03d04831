/** The element the roof keeps for what is said to readers of the screen and to nobody else. */
export const ANNOUNCER = 'announcer';

/** Says something once, politely: what happened out of sight. The same words twice are said twice. */
export function announce(text: string): void {
  const place = document.getElementById(ANNOUNCER);
  if (place === null) return;
  place.textContent = '';
  // A reader notices a change of an element it knows, so the words come a frame after the silence.
  requestAnimationFrame(() => (place.textContent = text));
}
