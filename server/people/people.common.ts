let common: Promise<ReadonlySet<string>> | undefined;

async function read(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}

/** The 49,000 passwords that are tried first, lower case. Read when a password is first chosen, about 3 MB. */
export const commonPasswords = (): Promise<ReadonlySet<string>> => (common ??= read());
