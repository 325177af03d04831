import { whoColour } from '#client/ui/who.ts';

/** A person at work in a text. `color` is for other programs' carets; ours take the colour that suits the theme. */
export interface Writer {
  id: string;
  name: string;
  /** Six hex digits: `#7a3e6e`. */
  color: string;
}

/** This person as others see them in a text, with the colour they have everywhere. Reads it from the style sheet. */
export function writerOf({ id, name }: { id: string; name: string }): Writer {
  const style = getComputedStyle(document.documentElement);
  return { id, name, color: style.getPropertyValue(`--who-${whoColour(id)}`).trim() };
}

type Seen = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function whoClass(user: Seen): string {
  return `who-${whoColour(text(user['id']) || text(user['name']))}`;
}

/** The caret of somebody else: a line of no width, their name in the gap above it. */
export function drawCaret(user: Seen): HTMLElement {
  const caret = document.createElement('span');
  caret.className = `caret ${whoClass(user)}`;
  const label = document.createElement('span');
  label.className = 'name';
  label.textContent = text(user['name']);
  // Word joiners: nothing may break the line at a caret that happens to stand inside a word.
  caret.append('\u2060', label, '\u2060');
  requestAnimationFrame(() => {
    const frame = caret.closest('.rich')?.getBoundingClientRect();
    if (frame !== undefined && label.getBoundingClientRect().right > frame.right) label.classList.add('left');
  });
  return caret;
}

/** What somebody else has marked. */
export const drawSelection = (user: Seen): { class: string } => ({ class: `chosen ${whoClass(user)}` });
