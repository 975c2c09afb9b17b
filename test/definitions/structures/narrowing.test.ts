/** Profiles that widen what they constrain. https://hl7.org/fhir/R4/profiling.html#limitations */
import assert from 'node:assert/strict'
import { createDefinitions } from '../../../server/definitions/load.ts'
import { differentialFault, headFault, lateElement } from '../../../server/definitions/structures/check.ts'
import type { StructureDefinition } from '../../../server/definitions/structures/structure-definition.ts'
import { H, profile, type ElementChange } from '../../validate/validator-of.ts'

const { structures } = createDefinitions([])
const faultOf = (elements: readonly ElementChange[], more: object = {}): string | undefined => {
  const definition = { ...profile('Patient', elements), ...more } as StructureDefinition
  return headFault(definition, structures) ?? differentialFault(definition, structures)
}

const slicing = { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' }
const organization = 'http://hl7.org/fhir/StructureDefinition/Organization'
const refer = (...targetProfile: readonly string[]) => [{ code: 'Reference', targetProfile }]
const bound = (strength: string) => ({ strength, valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' })

type NarrowingCase = readonly [title: string, elements: readonly ElementChange[], says?: RegExp]

const CASES: readonly NarrowingCase[] = [
  ['a narrower number', [{ id: 'Patient.name', min: 1, max: '1' }]],
  ['a lower min', [{ id: 'Patient.communication.language', min: 0 }], /has the min `0`, but the base asks for `1`/],
  ['a higher max', [{ id: 'Patient.birthDate', max: '*' }], /has the max `\*`, but the base allows `1`/],
  ['another type', [{ id: 'Patient.birthDate', type: [{ code: 'string' }] }], /has the type `string`/],
  ['a type made from the base’s', [{ id: 'Patient.multipleBirth[x]', type: [{ code: 'integer' }] }]],
  ['a target of the base', [{ id: 'Patient.managingOrganization', type: refer(organization) }]],
  [
    'another target',
    [{ id: 'Patient.managingOrganization', type: refer(organization.replace('Organization', 'Patient')) }],
    /the base allows `Organization`/,
  ],
  ['a min above its max', [{ id: 'Patient.name', min: 2, max: '1' }], /has the min `2`, which is above its max `1`/],
  ['a min above the max of the base', [{ id: 'Patient.birthDate', min: 2 }], /is above its max `1`/],
  ['nothing where the base asks for one', [{ id: 'Patient.link.type', max: '0' }], /is above its max `0`/],
  [
    'a discriminator of no type',
    [{ id: 'Patient.name', slicing: { discriminator: [{ type: 'vaule', path: 'use' }], rules: 'open' } }],
    /has a discriminator of the type `vaule`/,
  ],
  [
    'a discriminator that cannot be read',
    [{ id: 'Patient.name', slicing: { discriminator: [{ type: 'value', path: 'extension(' }], rules: 'open' } }],
    /its parentheses do not match/,
  ],
  ['a value of another type', [{ id: 'Patient.gender', fixedString: 'male' }], /has `fixedString`; its type is `code`/],
  ['a weaker binding', [{ id: 'Patient.gender', binding: bound('preferred') }], /that of the base is required/],
  ['the binding again', [{ id: 'Patient.gender', binding: bound('required') }]],
  ['children after their element', [{ id: 'Patient.name' }, { id: 'Patient.name.family' }, { id: 'Patient.gender' }]],
  [
    'slices, each with its children',
    [
      { id: 'Patient.identifier', slicing },
      ...['a', 'b'].flatMap((name) => [
        { id: `Patient.identifier:${name}`, sliceName: name, max: '*' },
        { id: `Patient.identifier:${name}.system`, fixedUri: `urn:${name}` },
      ]),
    ],
  ],
  ['a slice of what is not sliced', [{ id: 'Patient.identifier:a', sliceName: 'a' }], /has no `slicing`/],
  ['a slice without its name', [{ id: 'Patient.identifier', slicing }, { id: 'Patient.identifier:a' }], /`sliceName`/],
  ['a slice of extensions', [{ id: 'Patient.extension:a', sliceName: 'a', min: 1 }]],
  ['a type of a choice by its name', [{ id: 'Patient.deceasedBoolean', min: 1 }]],
]

describe('definitions / a profile narrows its base', () => {
  for (const [title, elements, says] of CASES) {
    it(`${says ? 'refuses' : 'accepts'} ${title}`, () => {
      const fault = faultOf(elements)
      if (says) assert.match(fault ?? 'nothing', says)
      else assert.equal(fault, undefined)
    })
  }

  it('refuses another type than that of its base, and contexts of what is no extension', () => {
    const observation = 'http://hl7.org/fhir/StructureDefinition/Observation'
    assert.match(faultOf([], { baseDefinition: observation }) ?? '', /its base is of the type `Observation`/)
    assert.match(faultOf([], { context: [{ type: 'element', expression: 'Patient' }] }) ?? '', /only an extension/)
  })

  it('reports the first element that comes too late', () => {
    const late = (...ids: readonly string[]) =>
      lateElement(
        profile(
          'Patient',
          ids.map((id) => ({ id })),
        ) as StructureDefinition,
        structures,
      )
    assert.equal(late('Patient.name', 'Patient.name.family', 'Patient.birthDate'), undefined)
    assert.equal(late('Patient.birthDate', 'Patient.name', 'Patient.active'), 'Patient.name')
    assert.equal(late('Patient.contact.name', 'Patient.contact.relationship'), 'Patient.contact.relationship')
  })

  it('refuses an extension that is published under another url than its own', () => {
    const own = profile('Extension', [{ id: 'Extension.url', fixedUri: `${H}/other` }])
    assert.match(headFault(own as StructureDefinition, structures) ?? '', /have the url/)
  })
})
