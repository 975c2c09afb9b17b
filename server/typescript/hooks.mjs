/**
 * Module hooks: a TypeScript file without its types, which become spaces, so that lines and columns stay as they are.
 * https://nodejs.org/api/module.html#customization-hooks
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { cached } from './cache.mjs'

const RELATIVE = /^\.\.?\/.*\.ts$/

/** A relative import of a TypeScript file names the file exactly: Node need not look for it, nor find out its format. */
export function resolve(specifier, context, next) {
  const { parentURL } = context
  if (!RELATIVE.test(specifier) || !parentURL?.startsWith('file:')) return next(specifier, context)
  const url = new URL(specifier, parentURL)
  if (!existsSync(url)) return next(specifier, context)
  return { url: url.href, format: 'module', shortCircuit: true }
}

/** @throws SyntaxError with the place, also for TypeScript that cannot be erased */
export function load(url, context, next) {
  const [address] = url.split('?', 1)
  if (!address.startsWith('file:') || !address.endsWith('.ts')) return next(url, context)
  const file = fileURLToPath(address)
  const source = readFileSync(file, 'utf8')
  return { format: 'module', source: cached(source, () => strip(source, file)), shortCircuit: true }
}

let stripper

function strip(source, filename) {
  stripper ??= createRequire(import.meta.url)('@swc/wasm-typescript')
  try {
    return stripper.transformSync(source, { mode: 'strip-only', module: true, filename }).code
  } catch ({ message, startLine, startColumn, snippet }) {
    throw new SyntaxError(`${filename}:${startLine}:${startColumn + 1}: ${message}\n${snippet}`)
  }
}
