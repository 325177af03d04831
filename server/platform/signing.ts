import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from './crypto.ts';

/** Checks signatures of one Ed25519 key (RFC 8032). */
export interface Verifier {
  /** Names the key a signature was made with, so that keys can be changed: SHA-256 of the public one, 16 hex digits. */
  keyId: string;
  /** The public key, PEM: what somebody needs to check a signature without us. */
  publicKey: string;
  /** Whether a signature (base64) was made over these bytes with this key. */
  verify: (bytes: Uint8Array | string, signature: string) => boolean;
}

/** Signs with the hub's own key. */
export interface Signer extends Verifier {
  /** The signature, base64. */
  sign: (bytes: Uint8Array | string) => string;
}

const FILE = 'signing-key.pem';

const bytesOf = (bytes: Uint8Array | string): Uint8Array => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** What checks the signatures of a key, private or public, PEM. Throws where it is no Ed25519 key. */
export function verifierOf(pem: string): Verifier {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('this is no Ed25519 key');
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(der).digest('hex').slice(0, 16),
    publicKey: key.export({ type: 'spki', format: 'pem' }).toString(),
    verify: (bytes, signature) => verify(null, bytesOf(bytes), key, Buffer.from(signature, 'base64')),
  };
}

/** The public half of the key in a secrets folder, if there is one; makes none. */
export async function readVerifier(secrets: string): Promise<Verifier | undefined> {
  const pem = await readFile(path.join(secrets, FILE), 'utf8').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return undefined;
  });
  return pem === undefined ? undefined : verifierOf(pem);
}

/**
 * Makes a key where there is none. It is written aside and then given its name, which fails where another process
 * was faster: a key that has signed something is never replaced, and half a key is never read.
 */
async function make(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const aside = path.join(folder, `.${newId()}`);
  await writeFile(aside, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx', flush: true });
  await chmod(aside, 0o400);
  try {
    await link(aside, path.join(folder, FILE));
    const shown = path.join(folder, 'signing-key.pub.pem');
    await writeFile(shown, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
  } catch (error) {
    if (!isThere(error)) throw error;
  } finally {
    await unlink(aside);
  }
}

/**
 * The hub's signing key out of the secrets folder, made there at the first start and readable by the service alone.
 * Throws where the folder cannot be used or the file holds no Ed25519 key: signing with another key would be worse.
 */
export async function loadSigner(secrets: string): Promise<Signer> {
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const file = path.join(secrets, FILE);
  const read = (): Promise<string> => readFile(file, 'utf8');
  const pem = await read().catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    await make(secrets);
    return read();
  });
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${file} is no Ed25519 key`);
  return { ...verifierOf(pem), sign: (bytes) => sign(null, bytesOf(bytes), privateKey).toString('base64') };
}
