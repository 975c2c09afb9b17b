/**
 * Module hook: a TypeScript file without its types, which become spaces, so that lines and columns stay as they are.
 * https://nodejs.org/api/module.html#loadurl-context-nextload
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import swc from '@swc/wasm-typescript'

/** Errors: SyntaxError with the place, for syntax that cannot be erased as well. */
export async function load(url, context, next) {
  const [address] = url.split('?', 1)
  if (!address.startsWith('file:') || !address.endsWith('.ts')) return next(url, context)
  const source = await readFile(fileURLToPath(address), 'utf8')
  return { format: 'module', source: strip(source, address), shortCircuit: true }
}

function strip(source, filename) {
  try {
    return swc.transformSync(source, { mode: 'strip-only', module: true, filename }).code
  } catch (fault) {
    throw new SyntaxError(fault?.message ?? String(fault), { cause: fault })
  }
}
