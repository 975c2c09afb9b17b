/** A state adds a question and its rule by editing files: "Have you been recently laid off?" calls for unemployment insurance. */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { assessment, consent, resident } from '../builders/index.ts'
import { ROOT as PROJECT } from '../checks/files.ts'
import { clientAt, made, refused, type Client } from '../given.ts'
import type { Tree } from './read.ts'

const ROOT = 'https://no-wrong-door.example/fhir'
const QUESTION = { linkId: 'q7', text: 'Have you been recently laid off?', type: 'boolean', required: true }
const ACTIVITY = `${ROOT}/ActivityDefinition/unemployment-insurance`

/** What the state's staff does in the folders: four files, no program. */
async function addQuestion(folder: string): Promise<void> {
  const edit = async (file: string, change: (tree: Tree) => Tree, from = file) => {
    const tree = JSON.parse(await readFile(join(folder, from), 'utf8')) as Tree
    await writeFile(join(folder, file), JSON.stringify(change(tree)))
  }
  await edit('capability/questionnaires/Questionnaire-individual-service-assessment.json', (form) => ({
    ...form,
    item: [...(form.item as readonly Tree[]), QUESTION],
  }))
  await edit('valuesets/CodeSystem-referral-rule.json', (codes) => ({
    ...codes,
    count: Number(codes.count) + 1,
    concept: [...(codes.concept as readonly Tree[]), { code: 'laid-off', display: 'Unemployment Insurance' }],
  }))
  await edit(
    'capability/activities/ActivityDefinition-unemployment-insurance.json',
    (activity) => ({
      ...activity,
      id: 'unemployment-insurance',
      url: ACTIVITY,
      name: 'UnemploymentInsurance',
      title: 'Unemployment insurance',
      code: { coding: [{ system: `${ROOT}/CodeSystem/service-catalogue`, code: 'ui-claim-assistance' }] },
    }),
    'capability/activities/ActivityDefinition-employment-services.json',
  )
  await edit('capability/rules/PlanDefinition-referral-rules.json', (plan) => ({
    ...plan,
    action: [...(plan.action as readonly Tree[]), RULE],
  }))
}

const RULE = {
  id: 'laid-off',
  extension: [{ url: `${ROOT}/StructureDefinition/ext-rule-program`, valueCode: 'ui' }],
  title: 'Unemployment Insurance',
  textEquivalent: 'Unemployment Insurance may pay you benefits while you look for a new job.',
  code: [{ coding: [{ system: `${ROOT}/CodeSystem/referral-rule`, code: 'laid-off' }] }],
  trigger: [{ type: 'named-event', name: 'assessment-completed' }],
  condition: [
    {
      kind: 'applicability',
      expression: {
        language: 'text/fhirpath',
        expression: "%resource.item.where(linkId = 'q7').answer.value.where($this = true).exists()",
      },
    },
  ],
  definitionCanonical: ACTIVITY,
}

describe('a seventh question, by data alone', function () {
  this.timeout(60_000)
  let folder: string
  let hub: Hub
  let es: Client

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nwd-seventh-question-'))
    for (const name of ['profiles', 'valuesets', 'capability'])
      await cp(join(PROJECT, name), join(folder, name), { recursive: true })
    await addQuestion(folder)
    const settings = {
      HUB_PORT: '0',
      HUB_STORE: 'memory:',
      HUB_LOG: 'silent',
      HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    }
    const options = { log: createLog('silent'), clock: createClock(), definitions: await loadDefinitions(folder) }
    hub = await createHub(loadConfig(settings), options)
    const { url } = await hub.listen()
    es = clientAt(url, 'es')
  })
  after(async () => {
    await hub?.stop()
    await rm(folder, { recursive: true })
  })

  const answers = (subject: string, laidOff: boolean | undefined) => {
    const form = assessment(subject) as unknown as Tree & { readonly item: readonly Tree[] }
    const seventh = laidOff === undefined ? [] : [{ linkId: 'q7', answer: [{ valueBoolean: laidOff }] }]
    return { ...form, item: [...form.item, ...seventh] }
  }
  const proposed = async (subject: string, laidOff: boolean) => {
    const { parameter } = made(await es.post('/QuestionnaireResponse/$propose-referrals', answers(subject, laidOff)))
    return parameter
      .filter(({ name }: { name: string }) => name === 'proposal')
      .map(({ part }: { part: readonly Tree[] }) => part.find(({ name }) => name === 'rule')?.valueCode)
  }

  it('is asked of everybody, proposes its program, and is sent there', async () => {
    const subject = `Patient/${made(await es.post('/Patient', resident('es', 'Q-7'))).id}`
    refused(await es.post('/QuestionnaireResponse', answers(subject, undefined)), 422, 'questionnaire-mismatch')
    assert.ok((await proposed(subject, true)).includes('laid-off'))
    assert.ok(!(await proposed(subject, false)).includes('laid-off'))
    made(await es.post('/Consent', consent(subject, 'es', 'ui')))
    const response = made(await es.post('/QuestionnaireResponse', answers(subject, true)))
    const { entry } = made(
      await es.post(`/${subject}/$submit-referrals`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'response', valueReference: { reference: `QuestionnaireResponse/${response.id}` } },
          {
            name: 'decision',
            part: [
              { name: 'rule', valueCode: 'laid-off' },
              { name: 'accept', valueBoolean: true },
            ],
          },
        ],
      }),
    )
    const [request, task] = entry.map(({ resource }: { resource: Tree }) => resource)
    assert.equal(request.instantiatesCanonical[0], `${ROOT}/PlanDefinition/referral-rules|1.0#laid-off`)
    assert.deepEqual([task.owner.reference, task.description], ['Organization/ui', RULE.textEquivalent])
  })
})
