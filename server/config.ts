import { readdir, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import * as v from 'valibot';

const Port = v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number), v.maxValue(65_535));
const Store = v.pipe(
  v.string(),
  v.regex(/^(embedded:.+|mongodb(\+srv)?:\/\/.+)$/, 'it takes embedded:<folder> or a mongodb:// address'),
);
const Origin = v.pipe(v.string(), v.regex(/^https?:\/\/[^/\s]+$/));

/** One address or network: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return length === undefined || (/^[1-9]\d{0,2}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}
/** Whose word about the client's address is taken: so many proxies, or those at these addresses. */
const Proxies = v.union([
  v.pipe(v.string(), v.regex(/^\d$/), v.transform(Number)),
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((network) => network.trim())),
    v.array(v.pipe(v.string(), v.check(isNetwork, 'a number of proxies, or their addresses'))),
  ),
]);

const Environment = v.object({
  LINLI_PORT: v.optional(Port, '8787'),
  LINLI_HOST: v.optional(v.pipe(v.string(), v.minLength(1)), '127.0.0.1'),
  LINLI_STORE: v.optional(Store),
  LINLI_REDIS: v.optional(v.pipe(v.string(), v.url(), v.regex(/^rediss?:\/\/[^/?]+/))),
  LINLI_ORIGIN: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((origin) => origin.trim())),
      v.array(Origin),
    ),
  ),
  LINLI_PROXIES: v.optional(Proxies, '0'),
  LINLI_OIDC_ISSUER: v.optional(v.pipe(v.string(), v.url())),
  LINLI_OIDC_CLIENT: v.optional(v.pipe(v.string(), v.minLength(1))),
  LINLI_OIDC_SECRET_FILE: v.optional(v.string()),
  LINLI_BREACHED: v.optional(v.pipe(v.string(), v.minLength(1))),
  LINLI_FILES: v.optional(v.string()),
  LINLI_SECRETS: v.optional(v.string()),
  LINLI_ANCHORS: v.optional(v.string()),
  LINLI_LEGAL_HOLD: v.optional(v.picklist(['on', 'off']), 'off'),
  LINLI_LOG: v.optional(v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info'),
  LINLI_WORKERS: v.optional(v.pipe(v.string(), v.regex(/^\d{1,2}$/), v.transform(Number)), '1'),
  LINLI_LIMITS: v.optional(v.picklist(['normal', 'off']), 'normal'),
});

type Given = v.InferOutput<typeof Environment>;

export interface OidcSettings {
  issuer: string;
  client: string;
  /** File that holds the client's secret; undefined: a public client, which PKCE alone protects. */
  secretFile: string | undefined;
}

/** What the hub was told by its environment, checked once. Paths are absolute. */
export interface Config {
  port: number;
  host: string;
  store: string;
  /** Redis through which processes on one store tell each other what they wrote; undefined: they look for it. */
  redis: string | undefined;
  /** Exact origins allowed; undefined: the printed address and the same port on localhost. */
  origins: readonly string[] | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: how many stand before the hub, or where. 0: nobody's. */
  proxies: number | readonly string[];
  /** Another provider people may sign in with (OpenID Connect); undefined: none. */
  oidc: OidcSettings | undefined;
  /** File of passwords that were found in breaches, ordered by hash; undefined: the commonest alone are refused. */
  breached: string | undefined;
  files: string;
  /** Where files live: in that folder, or in the store itself (GridFS) unless LINLI_FILES names a folder. */
  filesIn: 'folder' | 'store';
  secrets: string;
  /** Folder of the signed anchors, one file each. */
  anchors: string;
  /** Nothing of the security log is dropped while it lasts. */
  legalHold: boolean;
  log: string;
  limits: 'normal' | 'off';
  /** Demo people and data, no second factor, sign-in names printed. */
  demo: boolean;
}

/** A wrong setting, in one sentence; the start stops with it. */
export class ConfigError extends Error {}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Addresses nobody else's network routes (RFC 1918, RFC 4193), and names without a dot, which only a local one knows. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:|[^.:]+$)/i;

/** Hosts a MongoDB URL names, without ports: `a:1,[::1]:2` are two. */
const hostsOf = (url: string): string[] =>
  (/^mongodb(?:\+srv)?:\/\/(?:[^/?]*@)?([^/?]*)/.exec(url)?.[1] ?? '')
    .split(',')
    .map((host) => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));

/** Everything the hub knows would go over somebody else's network readable, and could be changed there. */
function refuseOpenWire(store: string): void {
  if (isEmbedded(store) || hostsOf(store).every((host) => isLoopback(host) || PRIVATE.test(host))) return;
  const isSealed = store.startsWith('mongodb+srv:')
    ? !/[?&](tls|ssl)=false\b/.test(store)
    : /[?&](tls|ssl)=true\b/.test(store);
  if (!isSealed) throw new ConfigError('LINLI_STORE is beyond a private network: it must say tls=true.');
}

/** A URL of Redis, for a hub that has others beside it. Over a network of others only sealed (`rediss:`). */
function redisIn({ LINLI_REDIS: url }: Given, store: string): string | undefined {
  if (url === undefined) return undefined;
  if (isEmbedded(store)) {
    throw new ConfigError('LINLI_REDIS is for several processes, and LINLI_STORE is a folder, which one process owns.');
  }
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'redis:' && !isLoopback(host) && !PRIVATE.test(host)) {
    throw new ConfigError('LINLI_REDIS is beyond a private network: it must be a rediss: address.');
  }
  return url;
}

/** Both or neither; over plain http only to a provider on this machine, as tests have one. */
function oidcIn({ LINLI_OIDC_ISSUER: issuer, LINLI_OIDC_CLIENT: client, LINLI_OIDC_SECRET_FILE: file }: Given) {
  if (issuer === undefined && client === undefined) return undefined;
  if (issuer === undefined || client === undefined) {
    throw new ConfigError('LINLI_OIDC_ISSUER and LINLI_OIDC_CLIENT belong together: set both or neither.');
  }
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    throw new ConfigError('LINLI_OIDC_ISSUER must be an https address.');
  }
  return { issuer, client, secretFile: file === undefined ? undefined : path.resolve(file) };
}

/** Whether a store is a folder of this machine, which one process owns. */
export const isEmbedded = (store: string): boolean => store.startsWith('embedded:');

/** `embedded:<folder>` with an absolute folder, so that a later change of directory means nothing. */
function absoluteStore(store: string): string {
  return isEmbedded(store) ? `embedded:${path.resolve(store.slice('embedded:'.length))}` : store;
}

/** The folder of an embedded store, or the working directory's `data` for what stands beside a MongoDB. */
const folderOf = (store: string): string =>
  isEmbedded(store) ? store.slice('embedded:'.length) : path.resolve('data');

/**
 * Parses the environment. Throws ConfigError naming the variable. `demo` gives the store's default: a demo without a
 * store of its own is handed a temporary folder by its caller. `dev`: with Vite, for a developer's own machine.
 */
export function readConfig(env: NodeJS.ProcessEnv, options: { demo: boolean; dev?: boolean; store?: string }): Config {
  const parsed = v.safeParse(Environment, env);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ConfigError(`${v.getDotPath(issue) ?? 'The environment'} is not usable: ${issue.message}.`);
  }
  const given = parsed.output;
  if (given.LINLI_LIMITS === 'off' && !isLoopback(given.LINLI_HOST)) {
    throw new ConfigError('LINLI_LIMITS=off is only allowed while LINLI_HOST is a loopback address.');
  }
  if (options.dev === true && !isLoopback(given.LINLI_HOST)) {
    throw new ConfigError(
      '--dev shows its sources and its people: it is only allowed while LINLI_HOST is a loopback address.',
    );
  }
  const store = absoluteStore(given.LINLI_STORE ?? options.store ?? 'embedded:./data');
  refuseOpenWire(store);
  const redis = redisIn(given, store);
  const folder = folderOf(store);
  return {
    port: given.LINLI_PORT,
    host: given.LINLI_HOST,
    store,
    redis,
    origins: given.LINLI_ORIGIN,
    proxies: given.LINLI_PROXIES,
    oidc: oidcIn(given),
    breached: given.LINLI_BREACHED === undefined ? undefined : path.resolve(given.LINLI_BREACHED),
    files: path.resolve(given.LINLI_FILES ?? path.join(folder, 'files')),
    filesIn: given.LINLI_FILES !== undefined || isEmbedded(store) ? 'folder' : 'store',
    secrets: path.resolve(given.LINLI_SECRETS ?? path.join(folder, 'secrets')),
    anchors: path.resolve(given.LINLI_ANCHORS ?? path.join(folder, 'anchors')),
    legalHold: given.LINLI_LEGAL_HOLD === 'on',
    log: given.LINLI_LOG,
    limits: given.LINLI_LIMITS,
    demo: options.demo,
  };
}

/** Keys that others on the machine can read are no secrets: the start stops with the first. Not asked of Windows. */
export async function refuseOpenSecrets(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const names = await readdir(folder).catch(() => []); // not there yet: it is made at the first start, closed to others
  for (const name of names.filter((name) => !name.endsWith('.pub.pem'))) {
    const { mode } = await stat(path.join(folder, name));
    if ((mode & 0o077) !== 0)
      throw new ConfigError(`${path.join(folder, name)} is open to others on this machine: chmod go= it.`);
  }
}
