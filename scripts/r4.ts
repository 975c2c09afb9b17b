/**
 * The trimmed copy of the R4 (4.0.1) definitions under server/definitions/r4, from the definitions that HL7 published
 * (lines of JSON, one resource each, compressed or not):
 *
 *     node --import ./server/typescript/register.mjs scripts/r4.ts FILE            builds the copy and its digests
 *     node --import ./server/typescript/register.mjs scripts/r4.ts --check         compares the copy with its digests
 *     node --import ./server/typescript/register.mjs scripts/r4.ts --check FILE    compares the copy and the digests with the published definitions
 *
 * Exit code 0, 1 when there is a difference, 2 when a file is missing. No network. See docs/dependencies.md.
 */
import { parseArgs } from 'node:util'
import { checkDigests, checkSources } from './r4/check.ts'
import { copyOf, FOLDER, resourceTypesOf, writeCopy } from './r4/copy.ts'
import { digestsOf, writeDigests } from './r4/digests.ts'
import { readSources } from './r4/sources.ts'

/** Number of differences that are printed in full; of the others only the count. */
const PRINTED = 40

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, folder: { type: 'string' } },
  allowPositionals: true,
})
const folder = values.folder ?? FOLDER
const [file] = positionals
try {
  if (values.check) check()
  else if (file) make(file)
  else
    throw new Error(
      'Name the published definitions of R4 (4.0.1): `node --import ./server/typescript/register.mjs scripts/r4.ts FILE`.',
    )
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

function make(source: string): void {
  const sources = readSources(source)
  const copy = copyOf(sources)
  writeCopy(copy, folder)
  writeDigests(
    sources.flatMap((one) => digestsOf(one) ?? []),
    folder,
  )
  const { structures, terminology, searchParameters } = copy
  console.log(
    `${structures.length} structures, ${terminology.length} value sets and code systems, ${searchParameters.length} search parameters; ${resourceTypesOf(structures).length} resource types`,
  )
}

function check(): void {
  const differences = file ? checkSources(folder, readSources(file)) : checkDigests(folder)
  for (const one of differences.slice(0, PRINTED)) console.log(one)
  if (differences.length > PRINTED) console.log(`... and ${differences.length - PRINTED} more.`)
  if (differences.length === 0) console.log(`The copy is R4 as published${file ? '' : ', by its digests'}.`)
  else process.exitCode = 1
}
