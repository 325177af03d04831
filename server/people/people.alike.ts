import { foldText } from '#shared/wire/search.ts';
import type { Desk } from './people.desk.ts';
import type { PersonRow } from './people.model.ts';

/*
 * Names that look like one another (security #49): a person could be taken for somebody else, by accident or because
 * somebody wants it. As in UTS #39 two names look alike if they have the same skeleton; of its tables there is here what
 * names of people are written with. Who has such a name is told, never refused: many share a name and mean no harm.
 */

/** Groups of characters that are taken for one another, in small letters. Each character stands in one group. */
const GROUPS =
  'oоο0〇 lі1ιi丨 aаα bвβ cс eеε hнη kкκ mмμ nν pрρ tтτ xхχ yуυ sѕ jј gɡ dԁ wԝ qԛ zζ ' +
  '己已巳 未末 日曰 土士 戊戌戍 天夭 人入 千干于チ 大太 王玉壬 田申甲由 刀力刁カ 儿几 免兔 候侯 辛幸 史吏 木术 乌鸟 今令 ' +
  '茶荼 治冶 折析 崇祟 卯卵 毋母 一ー 口ロ 工エ 二ニ 八ハ 卜ト 夕タ';

const SHOWN_AS: ReadonlyMap<string, string> = new Map(
  GROUPS.split(' ').flatMap((group) => Array.from(group, (char) => [char, Array.from(group)[0] ?? char] as const)),
);

/**
 * What a name looks like: two of one skeleton are hard to tell apart. Full width, capitals and traditional characters
 * count as their plain forms, spaces, dots and dashes between the parts of a name for nothing.
 */
export function skeletonOf(name: string): string {
  const plain = foldText(name).replace(/[\s\p{P}]/gu, '');
  const shown = Array.from(plain, (char) => SHOWN_AS.get(char) ?? char).join('');
  return shown.replaceAll('rn', 'm').replaceAll('vv', 'w');
}

/** Somebody whose name looks like the one asked about, and the name of a unit they belong to. */
export interface Alike {
  name: string;
  unitName: string;
}

const MOST = 5; // named; with a common name there are hundreds

/** Whose name looks like one that is to be given in a unit, of everybody in the same tree but those named `besides`. */
export function createAlike({ directory, unitsOf }: Pick<Desk, 'directory' | 'unitsOf'>) {
  const skeletons = new WeakMap<PersonRow, string>(); // made once: a city has tens of thousands

  function known(row: PersonRow): string {
    const made = skeletons.get(row) ?? skeletonOf(row.name);
    skeletons.set(row, made);
    return made;
  }

  return (unit: string, name: string, besides?: string): Alike[] => {
    const wanted = skeletonOf(name);
    const tree = new Set(directory.tree.path(unit));
    const found: Alike[] = [];
    for (const row of directory.persons()) {
      if (row.erased === true || row._id === besides || known(row) !== wanted) continue;
      const near = unitsOf(row).find((one) => directory.tree.path(one).some((above) => tree.has(above)));
      if (near !== undefined) found.push({ name: row.name, unitName: directory.tree.get(near)?.name ?? '' });
      if (found.length === MOST) break;
    }
    return found;
  };
}
