/**
 * The samples are complete: every profile of the hub has valid ones, every rule of ours and every kind of rule that a
 * profile uses has an invalid one, and an invalid one is a valid one with one thing changed.
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { loadDefinitions } from '../server/definitions/load.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import type { Validator } from '../server/validate/validator.ts'
import { distance } from './samples/distance.ts'

const ROOT = path.join(import.meta.dirname, '..')

type ProfileElement = {
  readonly id: string
  readonly path: string
  readonly max?: string
  readonly sliceName?: string
  readonly slicing?: { readonly rules?: string }
  readonly binding?: { readonly strength: string }
  readonly constraint?: readonly { readonly key: string }[]
  readonly type?: readonly { readonly targetProfile?: readonly string[] }[]
}

type Profile = {
  readonly id: string
  readonly url: string
  readonly type: string
  readonly abstract: boolean
  readonly differential: { readonly element: readonly ProfileElement[] }
}

type Sample = {
  readonly folder: string
  readonly name: string
  readonly resource: unknown
  readonly codes: readonly string[]
}

const profiles = readdirSync(path.join(ROOT, 'profiles'))
  .filter((file) => file.startsWith('StructureDefinition-'))
  .map((file) => readJson('profiles', file) as Profile)
const ours = profiles.filter(({ id, abstract }) => id.startsWith('hub-') && !abstract)
const folderOf = ({ id }: Profile): string => id.slice('hub-'.length)
const samples = ours.flatMap((profile) => samplesOf(folderOf(profile)))

describe('the samples of each profile', () => {
  for (const profile of ours) {
    describe(profile.id, () => {
      const own = samples.filter(({ folder }) => folder === folderOf(profile))
      const valid = own.filter(({ name }) => name.startsWith('valid-'))

      it('has two valid ones or more, which claim the profile', () => {
        assert.ok(valid.length >= 2, `${valid.length} valid samples`)
        for (const { name, resource } of valid) {
          const { meta } = resource as { meta?: { profile?: readonly string[] } }
          assert.ok(meta?.profile?.includes(profile.url), `${name} claims ${profile.url}`)
        }
      })

      it('has an invalid one for each kind of rule that the profile uses', () => {
        const shown = new Set(own.flatMap(({ codes }) => codes))
        const expected = KINDS.filter(({ isUsed }) => isUsed(profile.differential.element)).map(({ code }) => code)
        assert.deepEqual(
          expected.filter((code) => !shown.has(code)),
          [],
        )
      })

      it('changes one thing of a valid one to make an invalid one', () => {
        const others = own.filter(({ name }) => name.startsWith('invalid-'))
        const far = others.filter((one) => !valid.some((base) => distance(base.resource, one.resource) === 1))
        assert.deepEqual(
          far.map(({ name }) => name),
          [],
        )
      })
    })
  }

  it('hold no Social Security number where they are valid', () => {
    const valid = samples.filter(({ name }) => name.startsWith('valid-'))
    const holders = valid.filter(({ resource }) => JSON.stringify(resource).includes('http://hl7.org/fhir/sid/us-ssn'))
    assert.deepEqual(
      holders.map(({ name }) => name),
      [],
    )
  })
})

describe('each rule of ours', () => {
  const keys = profiles.flatMap(({ differential }) => differential.element.flatMap(({ constraint = [] }) => constraint))
  const rules = [...new Set(keys.map(({ key }) => key).filter((key) => key.startsWith('hub-')))].sort()
  let validator: Validator
  before(async () => {
    validator = createValidator(await loadDefinitions(ROOT), { rules: 'open' })
  })

  for (const key of rules) {
    it(`${key} is broken by the samples of its name`, async () => {
      const named = samples.filter(({ name }) => name === `invalid-${key}` || name.startsWith(`invalid-${key}-`))
      assert.ok(named.length > 0, `there is no sample \`invalid-${key}.json\``)
      for (const { folder, name, resource } of named) {
        assert.ok(await breaks(key, resource), `${folder}/${name} breaks ${key}`)
      }
    })
  }

  /** By the profile that states the rule alone: a profile on top of it may say the same again, and say it better. */
  async function breaks(key: string, resource: unknown): Promise<boolean> {
    const stating = profiles.filter(({ differential }) =>
      differential.element.some(({ constraint = [] }) => constraint.some((one) => one.key === key)),
    )
    const { resourceType, meta } = resource as { resourceType: string; meta: object }
    const profileUrls = stating.filter(({ type }) => type === resourceType).map(({ url }) => url)
    const issues = await validator.check(
      { ...(resource as object), meta: { ...meta, profile: undefined } },
      { profiles: profileUrls },
    )
    return issues.some(({ text }) => text.includes(`\`${key}\``))
  }
})

type ElementKind = { readonly code: string; readonly isUsed: (elements: readonly ProfileElement[]) => boolean }

const always = () => true
const some =
  (test: (element: ProfileElement) => boolean): ElementKind['isUsed'] =>
  (elements) =>
    elements.some(test)
/** Says it of an element, not to tell a slice. */
const says = (prefix: string) =>
  some((element) => !element.id.includes(':') && Object.keys(element).some((key) => key.startsWith(prefix)))

/** Kinds of rules by the code of their fault, and which profiles use them. */
const KINDS: readonly ElementKind[] = [
  { code: 'element-missing', isUsed: always },
  { code: 'element-unknown', isUsed: always },
  { code: 'element-type', isUsed: always },
  { code: 'value-format', isUsed: always },
  { code: 'extension-unknown', isUsed: always },
  { code: 'contained-invalid', isUsed: always },
  { code: 'choice-multiple', isUsed: some(({ path: at }) => at.endsWith('[x]')) },
  { code: 'value-fixed', isUsed: says('fixed') },
  { code: 'value-pattern', isUsed: says('pattern') },
  { code: 'code-invalid', isUsed: some(({ binding }) => binding?.strength === 'required') },
  { code: 'slice-cardinality', isUsed: some(({ sliceName, max }) => sliceName !== undefined && max === '1') },
  { code: 'reference-type', isUsed: some(({ type = [] }) => type.some(({ targetProfile }) => targetProfile)) },
  { code: 'invariant', isUsed: some(({ constraint = [] }) => constraint.length > 0) },
]

function samplesOf(folder: string): readonly Sample[] {
  const files = readdirSync(path.join(ROOT, 'samples', folder)).filter((file) => !file.endsWith('.issues.json'))
  return files.map((file) => {
    const name = path.basename(file, '.json')
    const issues = name.startsWith('invalid-') ? readJson('samples', folder, `${name}.issues.json`) : []
    const codes = (issues as readonly { code: string }[]).map(({ code }) => code)
    return { folder, name, resource: readJson('samples', folder, file), codes }
  })
}

function readJson(...parts: readonly string[]): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, ...parts), 'utf8'))
}
