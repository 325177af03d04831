const SYSTEMS = [
  ['HarmonyOS', /HarmonyOS|OpenHarmony/],
  ['Android', /Android/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
] as const;

/** Those built on others first: they name what they are built on as well. */
const BROWSERS = [
  ['微信', /MicroMessenger/],
  ['Edge', /Edg/],
  ['Firefox', /Firefox/],
  ['Chrome', /Chrome|CriOS/],
  ['Safari', /Safari/],
] as const;

/** What a browser says it is, in the two words its owner knows it by; undefined where it says nothing known. */
export function deviceName(agent: string): string | undefined {
  const names = [SYSTEMS, BROWSERS].flatMap((known) => known.find(([, pattern]) => pattern.test(agent))?.[0] ?? []);
  return names.length === 0 ? undefined : names.join(' · ');
}
