/**
 * Module hook: a TypeScript file without its types, which become spaces, so that lines and columns stay as they are.
 * https://nodejs.org/api/module.html#loadurl-context-nextload
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import swc from '@swc/wasm-typescript'

/** @throws SyntaxError with the place, also for TypeScript that cannot be erased */
export function load(url, context, next) {
  const [address] = url.split('?', 1)
  if (!address.startsWith('file:') || !address.endsWith('.ts')) return next(url, context)
  const source = readFileSync(fileURLToPath(address), 'utf8')
  return { format: 'module', source: strip(source, address), shortCircuit: true }
}

function strip(source, filename) {
  try {
    return swc.transformSync(source, { mode: 'strip-only', module: true, filename }).code
  } catch ({ message, startLine, startColumn, snippet }) {
    throw new SyntaxError(`${fileURLToPath(filename)}:${startLine}:${startColumn + 1}: ${message}\n${snippet}`)
  }
}
