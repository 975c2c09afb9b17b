/** What a vendor reads: the sentences about slices, on samples of the hub. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'
import { ROOT } from '../checks/files.ts'

const HUB = 'https://no-wrong-door.example/fhir'

describe('a sentence about a slice', () => {
  let validator: Validator
  before(async () => {
    validator = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
  })

  const texts = async (sample: string, change: (json: string) => string = (json) => json): Promise<string> => {
    const json = change(readFileSync(path.join(ROOT, 'samples', `${sample}.json`), 'utf8'))
    return (await validator.check(JSON.parse(json))).map(({ text }) => text).join('\n')
  }

  it('names the slice that an item of a closed list comes nearest to, and what it lacks for it', async () => {
    assert.match(
      await texts('topic/invalid-slice-closed'),
      /none of the slices .*: `url`, .*\. It comes nearest to `\w+`, but its `url` must be `\w+`, not `priority`\./,
    )
  })

  it('names the item that was perhaps meant for a slice that is missing', async () => {
    const misspelt = await texts('participant/valid-small', (json) => json.replace('/hub-id"', '/hubid"'))
    assert.match(
      misspelt,
      new RegExp(
        `slice \`hubId\` is missing; .*\\. Item 1 comes nearest, but its \`system\` must be \`${HUB}/NamingSystem/hub-id\``,
      ),
    )
    const another = await texts('participant/valid-small', (json) => json.replace('/NamingSystem/hub-id"', '/other"'))
    assert.match(another, /slice `hubId` is missing/)
    assert.doesNotMatch(another, /comes nearest/)
  })

  it('shows a code that marks a slice as a code', async () => {
    assert.match(
      await texts('referral/invalid-slice-placer-twice'),
      /`placer` occurs 2 times; at most 1 is allowed \(an item whose `type` is the code `PLAC` of `http:\S+`\)\./,
    )
  })

  it('counts in words', async () => {
    assert.match(await texts('subscription/invalid-custom-channel'), /occurs once; it is not allowed/)
  })
})

describe('a sentence', () => {
  let validator: Validator
  before(async () => {
    validator = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
  })

  const SENTENCES: readonly (readonly [what: string, resource: object, text: RegExp])[] = [
    [
      'guesses the extension that was meant',
      { resourceType: 'Patient', extension: [{ url: `${HUB}/StructureDefinition/ext-vetran`, valueBoolean: true }] },
      /is not defined here\. .* Did you mean `\S+\/ext-veteran`\?/,
    ],
    [
      'guesses the profile that was meant',
      { resourceType: 'Patient', meta: { profile: [`${HUB}/StructureDefinition/hub-participent`] } },
      /claims the profile .* Did you mean `\S+\/hub-participant`\?/,
    ],
    [
      'guesses no profile of another type',
      { resourceType: 'Goal', meta: { profile: [`${HUB}/StructureDefinition/hub-participent`] } },
      /claims the profile `\S+`, which is not defined here\. Leave the claim out, or correct the url\.$/m,
    ],
    [
      'says what a reference may point at',
      { resourceType: 'Goal', subject: { reference: 'Organization/es' } },
      /`Goal\.subject`: `Organization\/es` points at an Organization; it must point at a Patient\./,
    ],
    [
      'says a pattern of a concept as a code',
      {
        resourceType: 'CarePlan',
        meta: { profile: [`${HUB}/StructureDefinition/hub-success-plan`] },
        category: [{ text: 'A plan' }],
      },
      /but it must hold the code `success-plan` of `\S+\/CodeSystem\/plan-category`\./,
    ],
  ]
  for (const [what, resource, text] of SENTENCES) {
    it(what, async () => {
      const issues = await validator.check(resource)
      assert.match(issues.map((one) => one.text).join('\n'), text)
    })
  }
})

describe('guesses of what was meant', () => {
  it('are made for the first hundred faults of a check', async () => {
    const validator = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
    const extension = Array.from({ length: 150 }, () => ({
      url: `${HUB}/StructureDefinition/ext-vetran`,
      valueCode: 'a',
    }))
    const issues = await validator.check({ resourceType: 'Patient', extension })
    const unknown = issues.filter(({ detail }) => detail === 'extension-unknown')
    assert.equal(unknown.length, 150)
    assert.equal(unknown.filter(({ text }) => text.includes('Did you mean')).length, 100)
  })
})
