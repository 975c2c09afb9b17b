/** FHIRPath Patch: the public cases, choices, primitives with extensions, and any change of the samples. https://hl7.org/fhir/R4/fhirpatch.html */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { sameAsWritten } from '../../server/fhir/decimals.ts'
import { sameJson } from '../../server/fhir/element.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import type { Json, Resource } from '../../server/fhir/types.ts'
import { applyFhirPathPatch, parseFhirPathPatch } from '../../server/patch/fhirpath-patch.ts'
import { mutableCopy } from '../../server/patch/mutable.ts'
import { ROOT } from '../checks/files.ts'
import { fhirPathDifference } from './fhirpath-difference.ts'
import { FHIRPATH_CASES } from './public-cases.ts'

/** An operation as its parts; a text is a `valueString`, a number a `valueInteger`. */
type Parts = Readonly<Record<string, string | number | object>>

const part = (name: string, given: string | number | object) =>
  typeof given === 'string'
    ? { name, valueString: given }
    : typeof given === 'number'
      ? { name, valueInteger: given }
      : { name, ...given }

const patchOf = (...operations: readonly Parts[]): Resource =>
  ({
    resourceType: 'Parameters',
    parameter: operations.map((parts) => ({
      name: 'operation',
      part: Object.entries(parts).map(([name, given]) => part(name, given)),
    })),
  }) as unknown as Resource

describe('patch / FHIRPath Patch', () => {
  let definitions: Definitions
  before(async () => {
    definitions = await loadDefinitions(ROOT)
  })

  const apply = (resource: object, ...operations: readonly Parts[]): Resource =>
    applyFhirPathPatch(
      mutableCopy(resource) as Resource,
      parseFhirPathPatch(patchOf(...operations)),
      definitions.structures,
    )

  const refusal = (work: () => unknown): string => {
    try {
      work()
    } catch (error) {
      if (error instanceof OutcomeError) return `${error.issues[0]?.detail} ${error.issues[0]?.expression}`
      throw error
    }
    return 'none'
  }

  for (const one of FHIRPATH_CASES) {
    it(`answers the public case: ${one.name}`, () => {
      const run = () => applyFhirPathPatch(mutableCopy(one.input), parseFhirPathPatch(one.diff), definitions.structures)
      if (one.error !== undefined) return assert.match(refusal(run), /^patch-conflict Parameters\.parameter\[0\]$/)
      assert.ok(sameJson(withoutSpace(run()), withoutSpace(one.output!)), JSON.stringify(run()))
    })
  }

  it('names a choice by its element, and changes its type', () => {
    const value = (type: string, given: unknown) => ({ [`value${type}`]: given })
    const added = apply(
      { resourceType: 'Patient' },
      { type: 'add', path: 'Patient', name: 'deceased', value: value('Boolean', true) },
    )
    assert.deepEqual(added, { resourceType: 'Patient', deceasedBoolean: true })
    for (const path of ['Patient.deceased', 'Patient.deceased.ofType(boolean)', '(Patient.deceased as boolean)']) {
      const changed = apply(added, { type: 'replace', path, value: value('DateTime', '2026-01-01') })
      assert.deepEqual(changed, { resourceType: 'Patient', deceasedDateTime: '2026-01-01' })
      assert.deepEqual(apply(added, { type: 'delete', path }), { resourceType: 'Patient' })
    }
    assert.deepEqual(apply(added, { type: 'delete', path: 'Patient.deceased.ofType(dateTime)' }), added)
    const again = () =>
      apply(added, { type: 'add', path: 'Patient', name: 'deceased', value: value('DateTime', '2026') })
    assert.match(refusal(again), /^patch-conflict/)
  })

  it('keeps ids and extensions of primitives beside their values, in lists too', () => {
    const extension = [{ url: 'urn:x', valueString: 'y' }]
    const person = {
      resourceType: 'Patient',
      birthDate: '1990-01-01',
      name: [{ given: ['A', 'B'], _given: [null, { extension }] }],
    }
    const path = 'Patient.name[0].given'
    const given = (resource: Resource) => (resource.name as unknown as object[])[0]
    assert.deepEqual(given(apply(person, { type: 'move', path, source: 1, destination: 0 })), {
      given: ['B', 'A'],
      _given: [{ extension }, null],
    })
    assert.deepEqual(given(apply(person, { type: 'delete', path: `${path}[1]` })), { given: ['A'] })
    assert.deepEqual(given(apply(person, { type: 'insert', path, index: 0, value: { valueString: 'C' } })), {
      given: ['C', 'A', 'B'],
      _given: [null, null, { extension }],
    })
    assert.deepEqual(given(apply(person, { type: 'delete', path: `${path}[1].extension('urn:x')` })), {
      given: ['A', 'B'],
    })
    const added = apply(person, {
      type: 'add',
      path: 'Patient.birthDate',
      name: 'extension',
      value: { valueExtension: extension[0]! },
    })
    assert.deepEqual(added, { ...person, _birthDate: { extension } })
    assert.deepEqual(apply(added, { type: 'replace', path: 'Patient.birthDate', value: { valueDate: '1991' } }), {
      ...person,
      birthDate: '1991',
    })
  })

  it('keeps the digits of numbers', () => {
    const observation = parseJson(
      '{"resourceType":"Observation","valueQuantity":{"value":1.50},"component":[{"valueQuantity":{"value":2.0}}]}',
    )
    const value = (parseJson('{"valueDecimal":3.10}').value ?? {}) as object
    const changed = apply(observation.value as object, { type: 'replace', path: 'Observation.value.value', value })
    assert.equal(
      serialize(changed),
      '{"resourceType":"Observation","valueQuantity":{"value":3.10},"component":[{"valueQuantity":{"value":2.0}}]}',
    )
  })

  it('finds an element by a criterion, first(), last() and an index', () => {
    const person = {
      resourceType: 'Patient',
      telecom: [
        { system: 'phone', value: '1' },
        { system: 'email', value: '2' },
      ],
    }
    const changed = (path: string) =>
      (
        apply(person, { type: 'replace', path: `${path}.value`, value: { valueString: 'x' } }).telecom as unknown as {
          value: string
        }[]
      ).map(({ value }) => value)
    assert.deepEqual(changed("Patient.telecom.where(system = 'email')"), ['1', 'x'])
    assert.deepEqual(changed('Patient.telecom.first()'), ['x', '2'])
    assert.deepEqual(changed('Patient.telecom.last()'), ['1', 'x'])
    assert.deepEqual(changed('telecom[1]'), ['1', 'x'])
  })

  it('refuses a path that names several elements, or none where there must be one, at the operation', () => {
    const person = { resourceType: 'Patient', gender: 'male', telecom: [{ value: '1' }, { value: '2' }] }
    const value = { valueString: 'x' }
    const wrong: readonly Parts[] = [
      { type: 'delete', path: 'Patient.telecom' },
      { type: 'replace', path: 'Patient.telecom.value', value },
      { type: 'replace', path: 'Patient.birthDate', value },
      { type: 'add', path: 'Patient.contact', name: 'gender', value },
      { type: 'add', path: 'Patient', name: 'gender', value },
      { type: 'insert', path: 'Patient.telecom', index: 3, value },
      { type: 'insert', path: 'Patient.gender', index: 0, value },
      { type: 'move', path: 'Patient.telecom', source: 2, destination: 0 },
      { type: 'move', path: 'Patient.telecom', source: 0, destination: 2 },
      { type: 'replace', path: 'Patient', value },
      { type: 'delete', path: 'Patient' },
    ]
    for (const one of wrong)
      assert.equal(
        refusal(() => apply(person, { type: 'delete', path: 'Patient.photo' }, one)),
        'patch-conflict Parameters.parameter[1]',
        JSON.stringify(one),
      )
    assert.deepEqual(apply(person, { type: 'delete', path: 'Patient.birthDate' }), person)
  })

  it('refuses what is no operation, and a path of another kind', () => {
    const value = { valueString: 'x' }
    const wrong: readonly Parts[] = [
      {},
      { type: 'put', path: 'Patient.gender', value },
      { type: 'replace', path: 'Patient.gender' },
      { type: 'replace', value },
      { type: 'add', path: 'Patient', value },
      { type: 'add', path: 'Patient', name: '__proto__', value },
      { type: 'insert', path: 'Patient.name', index: -1, value },
      { type: 'insert', path: 'Patient.name', index: 'x', value },
      { type: 'move', path: 'Patient.name', source: 0 },
      { type: 'replace', path: '', value },
      { type: 'replace', path: 'Patient.', value },
      { type: 'replace', path: 'Patient.name[', value },
      { type: 'replace', path: "'text'", value },
      { type: 'replace', path: 'Patient.descendants()', value },
      { type: 'replace', path: "Patient.name.where(family.matches('(a+)+$')).text", value },
      { type: 'replace', path: 'Patient.name.where(descendants().exists()).text', value },
      { type: 'replace', path: `${'('.repeat(400)}Patient${')'.repeat(400)}`, value },
      { type: 'replace', path: 'Patient.name | Patient.contact', value },
      { type: 'replace', path: `Patient${'.name'.repeat(500)}`, value },
      { type: 'replace', path: 'Patient.gender', value: {} },
      { type: 'replace', path: 'Patient.gender', value: { valueCode: 'a', valueString: 'b' } },
      { type: 'replace', path: 'Patient.gender', value, other: 'x' },
    ]
    for (const one of wrong)
      assert.match(
        refusal(() => apply({ resourceType: 'Patient', gender: 'male' }, one)),
        /^patch-malformed Parameters\.parameter\[0\]/,
        JSON.stringify(one),
      )
  })

  it('counts the elements that its paths lead to', () => {
    const telecom = Array.from({ length: 2000 }, (_, index) => ({ value: String(index) }))
    const one: Parts = { type: 'delete', path: "Patient.telecom.where(value = 'x')" }
    const many = Array.from({ length: 60 }, () => one)
    assert.match(
      refusal(() => apply({ resourceType: 'Patient', telecom }, ...many)),
      /^patch-too-long/,
    )
  })

  it('makes each sample of each other one of its type by a patch of their difference, to the digit', () => {
    const all = samples()
    let compared = 0
    for (const type of new Set(all.map(({ resourceType }) => resourceType))) {
      const list = all.filter(({ resourceType }) => resourceType === type)
      list.forEach((one, index) => {
        const { id, meta } = one
        const other = { ...list[(index + 1) % list.length]!, id, meta } as Resource
        const patch = parseJson(serialize(fhirPathDifference(one, other, definitions))).value as unknown as Resource
        const made = applyFhirPathPatch(mutableCopy(one), parseFhirPathPatch(patch), definitions.structures)
        assert.ok(sameAsWritten(made, other), `${serialize(made)}\nis not\n${serialize(other)}`)
        compared += 1
      })
    }
    assert.ok(compared > 50, String(compared))
  })
})

function samples(): readonly Resource[] {
  const folder = new URL('../../samples/', import.meta.url)
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => /\/valid[^/]*\.json$/.test(file))
    .map((file) => parseJson(readFileSync(new URL(file, folder), 'utf8')).value as Json as unknown as Resource)
    .filter(({ resourceType }) => resourceType !== 'Bundle')
}

/** A narrative is the same however it is laid out. */
function withoutSpace(resource: Resource): unknown {
  const { text, ...rest } = resource as Resource & { readonly text?: { readonly div: string } }
  return text ? { ...rest, text: { ...text, div: text.div.replace(/\s+/g, ' ') } } : resource
}
