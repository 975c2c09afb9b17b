/**
 * A process that compiles: `cold URL` measures the time of the first resource of a profile, `memory` the memory of all
 * profiles. Prints one JSON object. Run by validate-load.ts.
 */
import path from 'node:path'
import { loadDefinitions } from '../server/definitions/load.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import { samplesByProfile } from './profiled.ts'

const definitions = await loadDefinitions(path.join(import.meta.dirname, '..'))
const { check } = createValidator(definitions, { rules: 'hub' })
const samples = samplesByProfile()
const [task, url = ''] = process.argv.slice(2)
console.log(JSON.stringify(task === 'memory' ? await memory() : await cold()))

/** For a valid resource, then for a refused one, which also compiles the schemas that report issues. */
async function cold() {
  const { valid, refused } = samples.get(url) ?? { valid: [], refused: [] }
  return { right: await first(valid[0]), refused: await first(refused[0]) }
}

async function first(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined
  const resource: unknown = JSON.parse(text)
  const begun = performance.now()
  await check(resource)
  return performance.now() - begun
}

/** In bytes, after a garbage collection (`--expose-gc`). */
async function memory() {
  const before = used()
  for (const { valid, refused } of samples.values())
    for (const text of [...valid, ...refused]) await check(JSON.parse(text))
  return { profiles: samples.size, bytes: used() - before }
}

function used(): number {
  for (let round = 0; round < 3; round += 1) (globalThis as { gc?: () => void }).gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
