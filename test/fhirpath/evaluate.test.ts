/** Our own evaluator answers as HL7’s engine does, on every rule and every sample that there is. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { isChoice, type Constraint, type ElementNode } from '../../server/definitions/structures/element.ts'
import { CHOICES, CHOICE_TYPES } from '../../server/fhir/choice.ts'
import { Bail } from '../../server/fhirpath/values.ts'
import { enginePath } from '../../server/fhirpath/engine.ts'
import { fastPath } from '../../server/fhirpath/expression.ts'
import type { PathExpression } from '../../server/fhirpath/scope.ts'
import { locate } from '../../server/validate/locate.ts'
import { alter, ALTERATION } from '../fhir/altered.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const SAMPLES = path.join(ROOT, 'samples')

type ElementJson = Readonly<Record<string, unknown>>
type RuleExpression = { readonly expression: string; readonly base: string }

describe('fhirpath / evaluate', () => {
  let definitions: Definitions
  before(async () => {
    definitions = await loadDefinitions(ROOT)
  })

  it('takes a kind of a type for the type, as the engine does', () => {
    const resource = { resourceType: 'ConceptMap', status: 'draft', sourceCanonical: 'http://example.org/vs' }
    for (const type of ['uri', 'canonical', 'url', 'string']) {
      const expression = `ConceptMap.source.ofType(${type})`
      assert.deepEqual(fastPath(expression)?.(resource), enginePath(expression)(resource), type)
    }
  })

  it('walks down and detects duplicates as the engine does', () => {
    const item = (linkId: string, ...items: object[]) => ({ linkId, type: 'group', item: items })
    const resource = { resourceType: 'Questionnaire', item: [item('2020-01-01', item('b'), item('a')), item('b')] }
    for (const expression of [
      'descendants().linkId',
      'descendants().linkId.isDistinct()',
      'item.linkId.combine($this.descendants().linkId)',
      'descendants().type.distinct()',
      'item.descendants().where(linkId.exists()).linkId',
      'children().linkId',
      'item.tail().linkId',
      "item.first().linkId.replaceMatches('-.*', '') & '.'",
      "'a.b'.replaceMatches('(\\\\.)', '$1$1')",
      "item.id.replaceMatches('a', 'b')",
      "'12'.toInteger() = 12",
      "'*'.toInteger()",
      'true.toInteger()',
      'iif(true, 3 <= 12.toInteger())',
      '(item.count() + item.linkId.count()) > 3',
      '1 + {}',
      "%ucum = 'http://unitsofmeasure.org'",
      "item.linkId.select($this in ('a' | 'c')).allFalse()",
      "item.linkId.select($this = 'b').allTrue()",
      '{}.allFalse()',
      "item.linkId.where($this in ('b' | 'a' | 'b')).count()",
      "'a' in ('b' | 'a') and ('b' | 'a').count() = 2",
      '({} or false) = true',
      '{} implies true',
      'true xor {}',
      'true implies {}',
    ])
      assert.deepEqual(fastPath(expression)?.(resource), enginePath(expression)(resource), expression)
  })

  it('knows the same objects as the engine does', () => {
    const codings = [
      { system: 'urn:x', code: 'a' },
      { code: 'a', system: 'urn:x' },
      { system: 'urn:x', code: 'b' },
      { system: 'urn:x', code: 'a', display: 'A' },
      { system: 'urn:x', code: 'a', userSelected: true },
      { system: 'urn:x', code: 'a', userSelected: false },
      { system: 'urn:x', code: 'a', extension: [{ url: 'urn:e', valueString: 'x' }] },
      { system: 'urn:x', code: 'a', extension: [{ url: 'urn:e', valueString: 'y' }] },
    ]
    for (const one of codings)
      for (const other of codings) {
        const resource = {
          resourceType: 'Observation',
          code: { coding: [one] },
          component: [{ code: { coding: [other] } }],
        }
        for (const expression of [
          'component.code.where(coding.intersect(%resource.code.coding).exists()).exists()',
          'code.coding = component.code.coding',
        ])
          assert.deepEqual(
            fastPath(expression)?.(resource),
            enginePath(expression)(resource),
            `${expression} ${JSON.stringify(resource)}`,
          )
      }
  })

  it('answers as the engine does, or leaves the answer to it', () => {
    const tally = { same: 0, left: 0 }
    for (const resource of variants(samples())) visit(resource, definitions, tally)
    assert.ok(tally.same > 10_000, `${tally.same} answers compared`)
    assert.ok(tally.left < tally.same / 20, `${tally.left} of ${tally.same} left to the engine`)
  })

  it('answers as the engine does on samples with other values, taken at random', function () {
    this.timeout(60_000)
    const tally = { same: 0, left: 0 }
    const texts = samples().map((one) => JSON.stringify(one))
    const some = fc.tuple(fc.constantFrom(...texts), fc.array(ALTERATION, { minLength: 1, maxLength: 3 }))
    fc.assert(
      fc.property(some, ([text, changes]) => {
        const resource = JSON.parse(text) as Record<string, unknown>
        for (const one of changes) alter(resource, one)
        visit(resource, definitions, tally)
      }),
      { numRuns: 1000 },
    )
    assert.ok(tally.same > 50_000, `${tally.same} answers compared`)
  })

  it('compiles nearly all rules of the hub’s profiles', () => {
    const rules = definitions
      .published('StructureDefinition')
      .flatMap((one) => (one.differential as { element: { constraint?: Constraint[] }[] }).element)
      .flatMap((element) => element.constraint ?? [])
    const slow = rules.filter((rule) => rule.expression && !fastPath(rule.expression))
    assert.ok(slow.length < rules.length / 20, slow.map((rule) => `${rule.key}: ${rule.expression}`).join('\n'))
  })

  it('knows the elements that are choices, and that no other is named like one of their types', () => {
    const types = [...definitions.resourceTypes, ...TYPES].map((type) => definitions.structures.tree(type))
    const choices = new Set(types.flatMap(choicesIn))
    assert.deepEqual([...CHOICES].sort(), [...choices].sort())
    assert.deepEqual(types.flatMap(clashesIn), CLASHES)
  })
})

/** Data types that have choices. */
const TYPES = [
  'Annotation',
  'DataRequirement',
  'Dosage',
  'ElementDefinition',
  'Extension',
  'Population',
  'ProductShelfLife',
  'SubstanceAmount',
  'Timing',
  'TriggerDefinition',
  'UsageContext',
]

/** Harmless: the element itself is required, so that it is never looked for under another name. */
const CLASHES = ['OperationDefinition.parameter.referencedFrom: source, sourceId']

function choicesIn(node: ElementNode): readonly string[] {
  return [...node.children.values()].flatMap((child) => [
    ...(isChoice(child) ? [child.name.slice(0, -3)] : []),
    ...choicesIn(child),
  ])
}

function clashesIn(node: ElementNode): readonly string[] {
  const names = [...node.children.values()].filter((child) => !isChoice(child)).map((child) => child.name)
  const own = names
    .filter((name) => CHOICES.has(name))
    .flatMap((name) =>
      names
        .filter((other) => other.startsWith(name) && CHOICE_TYPES.has(other.slice(name.length)))
        .map((other) => `${node.path}: ${name}, ${other}`),
    )
  return [...own, ...[...node.children.values()].flatMap(clashesIn)]
}

function samples(): readonly ElementJson[] {
  const folders = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name }) =>
    readdirSync(path.join(SAMPLES, name))
      .filter((file) => /^(valid|invalid-hub)-.*\.json$/.test(file) && !file.endsWith('.issues.json'))
      .map((file) => JSON.parse(readFileSync(path.join(SAMPLES, name, file), 'utf8')) as ElementJson),
  )
}

/** Each resource, and the resource without each of its elements. */
function* variants(resources: readonly ElementJson[]): Iterable<ElementJson> {
  for (const [index, resource] of resources.entries()) {
    yield resource
    const name = Object.keys(resource)[1 + (index % (Object.keys(resource).length - 1))]
    yield Object.fromEntries(Object.entries(resource).filter(([key]) => key !== name))
  }
}

/** Evaluates, both ways, all rules of all elements of a resource. */
function visit(resource: ElementJson, definitions: Definitions, tally: { same: number; left: number }): void {
  const claimed = ((resource.meta as { profile?: string[] } | undefined)?.profile ?? []).filter((url) =>
    definitions.structures.find(url),
  )
  const env = { resource, resolve: () => undefined }
  const look = (value: unknown, pointer: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.forEach((one, index) => look(one, `${pointer}/${index}`))
    for (const rule of rulesAt(resource, pointer, definitions, claimed)) compare(rule, value, env, tally)
    for (const [key, one] of Object.entries(value)) look(one, `${pointer}/${key}`)
  }
  look(resource, '')
}

function rulesAt(
  resource: ElementJson,
  pointer: string,
  { structures }: Definitions,
  claimed: readonly string[],
): readonly RuleExpression[] {
  const { path: at, type } = locate(resource, pointer, structures)
  const trees = [
    ...(type && structures.find(type) ? [structures.tree(type)] : []),
    ...claimed.map((url) => structures.tree(url)),
  ]
  const nodes = trees.flatMap((tree) => descend(tree, at) ?? [])
  const base = type && structures.find(type) && type !== 'BackboneElement' && type !== 'Element' ? type : (at ?? '')
  return nodes.flatMap((node) =>
    (node.element.constraint ?? []).flatMap(({ expression }) => (expression ? [{ expression, base }] : [])),
  )
}

function descend(tree: ElementNode, at: string | undefined): ElementNode | undefined {
  if (at === undefined || !at.startsWith(tree.path)) return tree
  return at
    .split('.')
    .slice(1)
    .reduce<ElementNode | undefined>((node, name) => node?.children.get(name), tree)
}

const compiled = new Map<string, { fast?: PathExpression; slow: PathExpression }>()

/**
 * The engine tells equal values with different extensions apart where it makes a set of them, which `=` does not and we
 * do not.
 */
const makesSet = (expression: string): boolean => /distinct|intersect|\|/i.test(expression)
const hasExtendedPrimitive = (value: unknown): boolean => JSON.stringify(value).includes('"_')

function compare(
  { expression, base }: RuleExpression,
  value: unknown,
  env: object,
  tally: { same: number; left: number },
): void {
  if (makesSet(expression) && hasExtendedPrimitive(value)) return
  const key = `${base} ${expression}`
  let both = compiled.get(key)
  if (!both) compiled.set(key, (both = { fast: fastPath(expression), slow: enginePath(expression, base) }))
  if (!both.fast) return
  let answer: readonly unknown[]
  try {
    answer = both.fast(value, env)
  } catch (fault) {
    if (!(fault instanceof Bail)) throw fault
    tally.left++
    return
  }
  tally.same++
  assert.deepEqual(
    answer,
    attempt(both.slow, value, env),
    `${base}: ${expression} on ${JSON.stringify(value).slice(0, 2000)}`,
  )
}

function attempt(run: PathExpression, value: unknown, env: object): unknown {
  try {
    return run(value, env)
  } catch (fault) {
    return fault
  }
}
