/* Whom a text names, and whom somebody is about to name. Pure. */

export interface Person {
  id: string;
  name: string;
  post: string;
}

/** What stands between an @ of either width and the caret: the beginning of a name. Undefined: nobody is being named. */
export function namingAt(text: string, caret: number): { from: number; part: string } | undefined {
  const found = /[@＠]([^\s@＠]{0,20})$/u.exec(text.slice(0, caret));
  return found === null ? undefined : { from: found.index, part: found[1] ?? '' };
}

/** Those whose name, or post, goes with what was typed; by name first. At most eight: more is a list, not a help. */
export function candidates(people: readonly Person[], part: string): Person[] {
  const typed = part.toLowerCase();
  const byName = people.filter((person) => person.name.toLowerCase().includes(typed));
  const byPost = people.filter((person) => !byName.includes(person) && person.post.toLowerCase().includes(typed));
  return [...byName, ...byPost].slice(0, 8);
}

/** The text with a name put where it was being typed, and where the caret goes then. */
export function named(
  text: string,
  at: { from: number; caret: number },
  name: string,
): { text: string; caret: number } {
  const put = `@${name} `;
  const rest = text.slice(at.caret).replace(/^ /, '');
  return { text: text.slice(0, at.from) + put + rest, caret: at.from + put.length };
}

/** The people a finished text names. A longer name is not the shorter one inside it. */
export function mentionsIn(text: string, people: readonly Person[]): string[] {
  const ids: string[] = [];
  let rest = text;
  for (const { id, name } of [...people].sort((a, b) => b.name.length - a.name.length)) {
    if (name === '' || !(rest.includes(`@${name}`) || rest.includes(`＠${name}`))) continue;
    ids.push(id);
    const sameName = people.some((other) => other.id !== id && other.name === name && !ids.includes(other.id));
    if (!sameName) rest = rest.replaceAll(`@${name}`, '').replaceAll(`＠${name}`, '');
  }
  return ids;
}
