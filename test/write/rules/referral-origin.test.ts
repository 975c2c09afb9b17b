/** After a referral was routed to another agency, what the former owner stated stays as it is, and counts for nobody else. */
import assert from 'node:assert/strict'
import { createClock } from '../../../server/clock.ts'
import type { JsonObject } from '../../../server/fhir/types.ts'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'
import {
  agency,
  business,
  coded,
  codeSystemAt,
  consent,
  output,
  profileAt,
  type StoredBody,
} from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'
import { DAY, MONDAY } from '../../jobs/clocked-hub.ts'

const attempt = (valueDateTime: string, way: string) => ({
  extension: [{ url: profileAt('ext-contact-way'), valueCode: way }],
  type: coded(codeSystemAt('task-output'), 'contact-attempt'),
  valueDateTime,
})
const typed = (type: string, value: object) => ({ type: coded(codeSystemAt('task-output'), type), ...value })
const filler = (value: string, by = 'abe') => ({
  assigner: agency(by),
  type: coded('http://terminology.hl7.org/CodeSystem/v2-0203', 'FILL'),
  system: 'https://agency.example/cases',
  value,
})

/** What the former owner, abe, stated while it had the referral, and what the new one makes of each. */
const OUTPUTS: Readonly<Record<string, { readonly stated: JsonObject; readonly forged: JsonObject }>> = {
  'a contact attempt': {
    stated: attempt('2026-12-01T16:00:00Z', 'phone') as unknown as JsonObject,
    forged: attempt('2026-11-02T16:00:00Z', 'phone') as unknown as JsonObject,
  },
  feedback: {
    stated: typed('feedback', { valueString: 'We have no place.' }) as unknown as JsonObject,
    forged: typed('feedback', { valueString: 'We have a place.' }) as unknown as JsonObject,
  },
  'an appeal': {
    stated: typed('appeal', {
      valueAnnotation: { authorReference: agency('abe'), text: 'Not ours.' },
    }) as unknown as JsonObject,
    forged: typed('appeal', {
      valueAnnotation: { authorReference: agency('abe'), text: 'Ours.' },
    }) as unknown as JsonObject,
  },
}

/** How the new owner, vr, moves on from `requested`. */
const STATES: Readonly<Record<string, readonly object[]>> = {
  requested: [],
  accepted: [{ status: 'accepted', ...business('accepted') }],
  'in-progress': [
    { status: 'accepted', ...business('accepted') },
    { status: 'in-progress', ...business('in-service') },
  ],
  'on-hold': [
    { status: 'accepted', ...business('accepted') },
    { status: 'on-hold', ...business('paused'), statusReason: { text: 'Ill.' } },
  ],
  completed: [
    { status: 'accepted', ...business('accepted') },
    { status: 'completed', ...business('services-received') },
  ],
}

describe('write / rules / referral-origin', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client
  let now = MONDAY
  before(async () => {
    scene = await attacked(
      { HUB_SSN_ATTEMPT_LIMIT: '1000' },
      createClock(() => now),
    )
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((one) => scene.as(one)) as [Client, Client, Client]
  })
  after(() => scene.stop())

  const outputsOf = (task: StoredBody): readonly object[] => (task.output ?? []) as readonly object[]

  /** Sent to abe, which stated something, then routed to vr. */
  async function routed(stated: readonly object[], number?: string, more: object = {}): Promise<StoredBody> {
    const subject = await newcomer(es, 'es')
    const { task } = await referred(es, subject, 'es', 'abe')
    const identifier =
      number === undefined ? {} : { identifier: [...((task.identifier ?? []) as object[]), filler(number)] }
    const noted = made(
      await abe.change(task, { ...(stated.length > 0 ? { output: stated } : {}), ...identifier, ...more }),
    )
    await post(es, consent(subject, 'es', 'vr'))
    return made(await es.change(noted, { owner: agency('vr') })) as StoredBody
  }
  async function movedOn(task: StoredBody, steps: readonly object[]): Promise<StoredBody> {
    let current = task
    for (const step of steps) {
      const ends = (step as { status: string }).status === 'completed'
      const added = [
        output('outcome', 'referral-outcome', 'received-services'),
        output('resulting-service-code', 'service-catalogue', 'career-counseling'),
      ]
      const more = ends ? { output: [...outputsOf(current), ...added] } : {}
      current = made(await vr.change(current, { ...step, ...more })) as StoredBody
    }
    return current
  }

  for (const [status, steps] of Object.entries(STATES)) {
    for (const [name, { stated, forged }] of Object.entries(OUTPUTS)) {
      it(`keeps ${name} of the former owner, by whoever else, while the referral is ${status}`, async () => {
        const current = await movedOn(await routed([stated]), steps)
        const others = outputsOf(current).slice(1)
        for (const changed of [others, [forged, ...others]]) {
          const more = { output: changed.length > 0 ? changed : undefined }
          for (const client of [vr, es]) refused(await client.change(current, more), 422, 'referral-rule')
          assert.ok((await abe.change(current, more)).status >= 400, 'the former owner is no party')
        }
        assert.deepEqual(outputsOf(made(await es.get(`/Task/${current.id}`)) as StoredBody), outputsOf(current))
      })
    }
  }

  /** Who changes an element of a referral that was routed from abe to vr: `R` es, `O` vr; `F`, abe, changes nothing. */
  const ELEMENTS: Readonly<Record<string, { readonly by: string; readonly more: (task: StoredBody) => object }>> = {
    priority: { by: 'R', more: () => ({ priority: 'urgent' }) },
    'the date of contact': { by: 'R', more: () => ({ restriction: { period: { end: '2027-01-05' } } }) },
    description: { by: 'R', more: () => ({ description: 'Reading and writing.' }) },
    'who should perform it': { by: 'R', more: () => ({ performerType: [{ text: 'A teacher of reading' }] }) },
    'who pays for it': { by: 'R', more: () => ({ insurance: [{ display: 'TANF' }] }) },
    'what it carries out': { by: 'R', more: () => ({ instantiatesUri: 'https://agency.example/protocol' }) },
    'the visit that led to it': { by: 'R', more: () => ({ encounter: { display: 'Intake of 7 December' } }) },
    'the time of the appointment': { by: 'O', more: () => ({ executionPeriod: { start: '2026-12-30T15:00:00Z' } }) },
    'the note of the former owner': { by: '', more: (task) => ({ note: (task.note as object[]).slice(1) }) },
    'a note in the name of the former owner': {
      by: '',
      more: (task) => ({ note: [...(task.note as object[]), { text: 'Mine.', authorReference: agency('abe') }] }),
    },
    'the note of the requester': { by: 'R', more: (task) => ({ note: (task.note as object[]).slice(0, 1) }) },
    requester: { by: '', more: () => ({ requester: agency('vr') }) },
    'the participant': { by: '', more: () => ({ for: { reference: 'Patient/another' } }) },
    'the request': { by: '', more: () => ({ focus: { reference: 'ServiceRequest/another' } }) },
    'a warning of the hub': {
      by: '',
      more: (task) => ({ output: [...outputsOf(task), typed('warning', { valueString: 'Late.' })] }),
    },
    'a decision of the area monitor': {
      by: '',
      more: (task) => ({ output: [...outputsOf(task), typed('decision', { valueAnnotation: { text: 'Ours.' } })] }),
    },
  }
  for (const [status, steps] of Object.entries(STATES)) {
    it(`is changed element by element by those whose it is alone, while the referral is ${status}`, async () => {
      const task = await routed([OUTPUTS.feedback!.stated], undefined, { note: [{ text: 'No place.' }] })
      const note = [...(task.note as object[]), { text: 'Call after five.' }]
      const noted = made(await es.change(task, { note })) as StoredBody
      let current = await movedOn(noted, steps)
      for (const [name, { by, more }] of Object.entries(ELEMENTS)) {
        // Whose it is comes last: to send what is there already changes nothing.
        const parties = [...['F', 'O', 'R'].filter((one) => one !== by), ...(by === '' ? [] : [by])]
        for (const party of parties) {
          const client = { F: abe, O: vr, R: es }[party]!
          const may = by === party && (status !== 'completed' || name === 'the note of the requester')
          const answer = await client.change(current, more(current))
          assert.equal(answer.status < 300, may, `${name} by ${party}: ${answer.status} ${answer.text.slice(0, 300)}`)
          if (may) current = made(answer) as StoredBody
        }
      }
    })
  }

  it('lets the number of the former owner give way to that of the new one, and to nobody else', async () => {
    const task = await routed([], 'ABE-1')
    const others = (task.identifier as { value: string }[]).filter(({ value }) => value !== 'ABE-1')
    const identifier = [...others, filler('VR-1', 'vr')]
    refused(await es.change(task, { identifier }), 422, 'referral-rule')
    made(await vr.change(task, { identifier }))
  })

  it('lets each agency change and take away what it stated itself', async () => {
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const [first, second] = [attempt('2026-12-01T16:00:00Z', 'phone'), attempt('2026-12-02T16:00:00Z', 'letter')]
    const noted = made(await abe.change(task, { output: [first] }))
    const changed = made(await abe.change(noted, { output: [second] }))
    assert.equal(made(await abe.change(changed, { output: undefined })).output, undefined)
  })

  it('takes no annotation in the name of another', async () => {
    const task = await routed([])
    const appeal = typed('appeal', { valueAnnotation: { authorReference: agency('es'), text: 'Late.' } })
    refused(await vr.change(task, { output: [appeal] }), 422, 'referral-rule')
  })

  const ways = ['phone', 'letter', 'phone']
  const days = ['2026-12-01', '2026-12-02', '2026-12-03'].map((day, index) =>
    attempt(`${day}T16:00:00Z`, ways[index] ?? 'phone'),
  )
  const missed = (task: StoredBody, added: readonly object[]) => ({
    status: 'failed',
    ...business('no-show'),
    statusReason: { text: 'Did not come.' },
    output: [...outputsOf(task), ...added, output('outcome', 'referral-outcome', 'no-show')],
  })

  it('counts the attempts of the former owner for no no-show of the new one', async () => {
    const task = await routed(days)
    const accepted = made(await vr.change(task, { status: 'accepted', ...business('accepted') })) as StoredBody
    refused(await vr.change(accepted, missed(accepted, [])), 422, 'referral-rule')
    const own = ['2026-12-02', '2026-12-03', '2026-12-04'].map((day, index) =>
      attempt(`${day}T20:00:00Z`, ways[index] ?? 'phone'),
    )
    made(await vr.change(accepted, missed(accepted, own)))
  })

  it('counts its own attempts, also those that it recorded before it closes', async () => {
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const noted = made(
      await abe.change(task, { status: 'accepted', ...business('contact-attempted'), output: days }),
    ) as StoredBody
    now += DAY
    made(await abe.change(noted, missed(noted, [])))
  })

  it('counts no attempts that are dated in the future', async () => {
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const accepted = made(await abe.change(task, { status: 'accepted', ...business('accepted') })) as StoredBody
    const later = days.map((one) => ({ ...one, valueDateTime: one.valueDateTime.replace('2026-12-0', '2026-12-2') }))
    refused(await abe.change(accepted, missed(accepted, later)), 422, 'referral-rule')
    made(await abe.change(accepted, missed(accepted, days)))
  })

  it('says once that there are too few, where all of them together are', async () => {
    const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const accepted = made(await abe.change(task, { status: 'accepted', ...business('accepted') })) as StoredBody
    const answer = await abe.change(accepted, missed(accepted, days.slice(0, 1)))
    refused(answer, 422, 'referral-rule')
    const errors = answer.body.issue.filter(({ severity }: { severity: string }) => severity === 'error')
    assert.equal(errors.length, 1, answer.text)
  })
})
