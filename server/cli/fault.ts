/** Why the hub does not start, as one sentence that says what to do. */

/** Errors whose message is that sentence already. */
const EXPLAINED = new Set(['ConfigFault', 'DefinitionFault', 'StoreUnusable', 'OutcomeError'])

/** Codes of the operating system, with the sentence for each; `{what}` is the address or path concerned. */
const SYSTEM: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'The address {what} is taken by another program: stop it, or choose another port with HUB_PORT or HUB_METRICS_PORT.',
  EADDRNOTAVAIL: 'This machine does not have the address {what}: set HUB_HOST to one that it has, such as 127.0.0.1.',
  ENOTFOUND: 'The host name {what} cannot be resolved: set HUB_HOST to an address of this machine, such as 127.0.0.1.',
  EACCES:
    'The hub may not use {what}: check its permissions, or choose another path with HUB_STORE (or port with HUB_PORT).',
  EPERM: 'The hub may not use {what}: check its permissions, or choose another path with HUB_STORE.',
  EROFS: 'The file system of {what} is read-only: choose another path with HUB_STORE.',
  ENOSPC: 'There is no room left for {what}: make room, or choose another path with HUB_STORE.',
  EEXIST: 'The path {what} is a file where the hub needs a folder: choose another path with HUB_STORE.',
  ENOTDIR: 'The path {what} leads through a file where it needs a folder: choose another path with HUB_STORE.',
  EISDIR: 'The path {what} is a folder where the hub needs a file: choose another path with HUB_STORE.',
}

/** In: whatever was thrown. Out: a sentence; with the stack only for an unexpected error. */
export function startFault(error: unknown): string {
  if (!(error instanceof Error)) return `The hub did not start: ${String(error)}`
  if (EXPLAINED.has(error.name)) return error.message
  const sentence = 'code' in error ? SYSTEM[String(error.code)] : undefined
  if (sentence) return sentence.replace('{what}', `\`${subject(error)}\``)
  return `The hub did not start, because of an unexpected error. Please report it.\n${error.stack ?? error.message}`
}

function subject(error: Error): string {
  const { address, port, path, hostname } = error as Error & {
    address?: string
    port?: number
    path?: string
    hostname?: string
  }
  if (path !== undefined) return path
  if (address !== undefined) return port === undefined ? address : `${address}:${port}`
  return hostname ?? error.message
}
