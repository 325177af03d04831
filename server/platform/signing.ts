import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere, secretFile } from './secret-file.ts';

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
const PKCS8 = { type: 'pkcs8', format: 'pem' } as const;

const bytesOf = (bytes: Uint8Array | string): Uint8Array => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

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
  const pem = await readIfThere(path.join(secrets, FILE));
  return pem === undefined ? undefined : verifierOf(pem.toString());
}

/** Puts the public half where somebody can carry it away. In a folder that is read alone `linli verify` prints it. */
async function show(file: string, publicKey: string): Promise<void> {
  if ((await readIfThere(file))?.toString() === publicKey) return;
  await writeFile(file, publicKey, { mode: 0o600 }).catch(() => undefined);
}

/**
 * The hub's signing key out of the secrets folder, made there at the first start and readable by the service alone.
 * Throws where the folder cannot be used or the file holds no Ed25519 key: signing with another key would be worse.
 */
export async function loadSigner(secrets: string): Promise<Signer> {
  const made = (): string => generateKeyPairSync('ed25519').privateKey.export(PKCS8).toString();
  const pem = (await secretFile(secrets, FILE, made)).toString();
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${path.join(secrets, FILE)} is no Ed25519 key`);
  const verifier = verifierOf(pem);
  await show(path.join(secrets, 'signing-key.pub.pem'), verifier.publicKey);
  return { ...verifier, sign: (bytes) => sign(null, bytesOf(bytes), privateKey).toString('base64') };
}
