/**
 * What the hub selects by search expressions against the FHIRPath engine of HL7: every search parameter of R4 and
 * of the hub, over every resource that the hub publishes and its samples.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openR4 } from '../../server/definitions/r4.ts'
import { parseReference } from '../../server/fhir/reference.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { evaluate } from '../../server/fhirpath/expression.ts'
import { compileSelector } from '../../server/fhirpath/select.ts'
import { SEARCH_TYPES } from '../../server/search/types/index.ts'

type PublishedParameter = {
  readonly url: string
  readonly type: string
  readonly base: readonly string[]
  readonly expression?: string
}

const read = <T>(file: string | URL): T => JSON.parse(readFileSync(file, 'utf8')) as T
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The JSON files of a folder, but not the samples that are wrong on purpose. */
function files(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const selected = names.filter((name) => name.endsWith('.json') && !/(^|\/)(invalid-|schema\/)/.test(name))
  return selected.sort().map((name) => join(ROOT, folder, name))
}

/**
 * The expressions of R4 that are not paths: whether somebody is dead, and items that have an extension, by a function
 * that FHIRPath does not have.
 */
const NO_PATHS = ['Patient-deceased', 'questionnaireresponse-extensions-QuestionnaireResponse-item-subject']

function parameters(): PublishedParameter[] {
  const published = openR4().searchParameters() as unknown as PublishedParameter[]
  const own = files('capability/search').map((name) => read<PublishedParameter>(name))
  return [...published, ...own].filter((one) => Object.hasOwn(SEARCH_TYPES, one.type) && one.expression)
}

const idOf = ({ url }: PublishedParameter): string => url.slice(url.lastIndexOf('/') + 1)

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

/**
 * R4 narrows with `as`, which FHIRPath allows for a single value only; R5 writes `ofType` in the same expressions.
 * https://hl7.org/fhirpath/N1/#as-type-specifier
 */
const withOfType = (expression: string): string =>
  expression.replace(/ as (\w+)/g, '.ofType($1)').replace(/\.as\(/g, '.ofType(')

/** As a set: FHIRPath's union has no order and no doubles. */
const asSet = (values: readonly unknown[]): string[] =>
  [...new Set(values.map((value) => JSON.stringify(value)))].sort()

describe('fhirpath / select / as HL7’s engine evaluates it', () => {
  const evaluable = parameters().filter((one) => !NO_PATHS.includes(idOf(one)))
  const select = new Map(evaluable.map((one) => [one.url, compileSelector(one.expression ?? '')]))

  it('reads every expression of R4 that is a path', () => {
    assert.ok(select.size > 1200)
  })

  it('selects the same values', function () {
    this.timeout(20_000)
    let selected = 0
    for (const resource of resources()) {
      for (const { url, base, expression = '' } of evaluable) {
        if (!base.includes(resource.resourceType)) continue
        const ours = asSet(select.get(url)?.(resource) ?? [])
        assert.deepEqual(
          ours,
          asSet(evaluate(withOfType(expression), resource, { resolve })),
          `${url} of ${resource.resourceType}/${resource.id}`,
        )
        selected += ours.length
      }
    }
    assert.ok(selected > 200)
  })
})
