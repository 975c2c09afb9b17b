/** Patient/$everything: the records of a participant that the caller may know of, in pages as of one sequence. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import {
  careTeam,
  condition,
  consent,
  goal,
  labelled,
  participation,
  practitioner,
  practitionerRole,
  relatedPerson,
  wages,
  type Body,
} from '../builders/index.ts'
import { newcomer, post } from '../attack/scene.ts'
import { given, givenOver, made, OVER_STORES, refused, type Answer, type Client, type Given } from '../given.ts'

type Entry = {
  readonly resource: Body & { readonly id: string; readonly meta: { readonly versionId: string } }
  readonly search: { readonly mode: string }
}

for (const kind of OVER_STORES) {
  describe(`operations / Patient/$everything over ${kind}`, function () {
    this.timeout(30_000)
    let hub: Given
    let now = Date.parse('2026-06-01T12:00:00Z')
    let es: Client, abe: Client, vr: Client, board: Client
    let subject: string

    before(async () => {
      hub = await givenOver(
        kind,
        {},
        createClock(() => now),
      )
      ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => hub.as(one)) as [Client, Client, Client, Client]
    })
    after(() => hub.stop())
    beforeEach(async () => {
      now += 60_000
      subject = await newcomer(es, 'es')
      await post(es, consent(subject, 'es', 'abe'))
    })

    const everything = (client: Client, query = '', about = subject) => client.get(`/${about}/$everything${query}`)
    const entriesOf = (answer: Answer): readonly Entry[] => made(answer).entry ?? []
    const keys = (entries: readonly Entry[], mode = 'match') =>
      entries
        .filter(({ search }) => search.mode === mode)
        .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
    const types = (entries: readonly Entry[], mode = 'match') =>
      entries.filter(({ search }) => search.mode === mode).map(({ resource }) => resource.resourceType)
    const nextOf = (answer: Answer): string | undefined =>
      (answer.body.link as { relation: string; url: string }[])
        .find(({ relation }) => relation === 'next')
        ?.url.slice(hub.url.length)
    /** All pages behind the first. `between` happens before each further page. */
    async function pages(client: Client, first: Answer, between = async (): Promise<unknown> => undefined) {
      const all = [first]
      for (let next = nextOf(first); next; next = nextOf(all.at(-1)!)) {
        await between()
        all.push(await client.get(next))
      }
      return all
    }

    it('answers the current version of every record, and the agencies, staff and places that they refer to', async () => {
      const person = await post(es, practitioner())
      const role = `PractitionerRole/${(await post(es, practitionerRole(`Practitioner/${person.id}`, 'es'))).id}`
      const team = await post(es, careTeam(subject, role))
      const child = await post(abe, relatedPerson(subject))
      const aim = await post(es, goal(subject))
      made(await es.put(`/Goal/${aim.id}`, { ...aim, lifecycleStatus: 'completed' }, 1))
      const entries = entriesOf(await everything(abe))
      const [patient, permit, ...others] = keys(entries)
      assert.deepEqual([patient, permit?.split('/')[0]], [subject, 'Consent'])
      assert.deepEqual(others, [`CareTeam/${team.id}`, `RelatedPerson/${child.id}`, `Goal/${aim.id}`])
      assert.equal(entries.find(({ resource }) => resource.resourceType === 'Goal')?.resource.meta.versionId, '2')
      const included = keys(entries, 'include')
      for (const key of ['Organization/es', 'Organization/abe', role, `Practitioner/${person.id}`])
        assert.ok(included.includes(key), key)
      assert.equal(new Set([...included, ...keys(entries)]).size, entries.length, 'each once')
    })

    it('leaves out other participants and what is restricted, and shows it where the class is open', async () => {
      const other = await newcomer(es, 'es')
      await post(es, condition(other))
      const plain = await post(es, condition(subject))
      const hidden = await post(es, labelled(condition(subject, 'disability'), 'disability'))
      await post(board, wages(subject, 'ui'))
      assert.deepEqual(keys(entriesOf(await everything(abe, '?_type=Condition,Observation'))), [
        `Condition/${plain.id}`,
      ])
      await post(es, consent(subject, 'es', 'abe', { classes: ['disability'] }))
      assert.deepEqual(keys(entriesOf(await everything(abe, '?_type=Condition'))), [
        `Condition/${plain.id}`,
        `Condition/${hidden.id}`,
      ])
    })

    it('answers to each agency what it finds by a search of each type, and nothing else', async () => {
      await post(board, consent(subject, 'board', 'vr', { classes: ['disability'] }))
      await post(vr, labelled(condition(subject), 'rehabilitation'))
      await post(es, labelled(condition(subject, 'disability'), 'disability'))
      await post(board, wages(subject, 'ui'))
      for (const client of [es, abe, vr]) {
        await post(client, relatedPerson(subject))
        await post(client, goal(subject))
      }
      const { rest } = made(await es.get('/metadata'))
      const searched = (rest[0].resource as { type: string; searchParam?: { name: string }[] }[])
        .filter(
          ({ type, searchParam = [] }) => type !== 'Contract' && searchParam.some(({ name }) => name === 'patient'),
        )
        .map(({ type }) => `/${type}?patient=${subject}&_count=200`)
      for (const client of [es, abe, vr, board]) {
        const found = await Promise.all(
          [`/Patient?_id=${subject.split('/')[1]}`, ...searched].map(async (query) =>
            keys(entriesOf(await client.get(query))),
          ),
        )
        const all = (await pages(client, await everything(client, '?_count=3'))).flatMap((page) =>
          keys(entriesOf(page)),
        )
        assert.deepEqual([...all].sort(), found.flat().sort())
      }
    })

    it('answers an agency that may not know of the participant as if there were none, also one that wrote records', async () => {
      const { entry } = made(await es.get(`/Consent?patient=${subject}`))
      const own = await post(abe, condition(subject))
      const permit = entry[0].resource
      made(await es.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }))
      assert.equal((await abe.get(`/Condition/${own.id}`)).status, 200)
      for (const client of [vr, abe]) {
        const [secret, nobody] = [await everything(client), await everything(client, '', 'Patient/nobody')]
        refused(secret, 404, 'not-found')
        assert.equal(secret.text.replaceAll(subject, 'Patient/nobody'), nobody.text)
        const [paged, none] = [
          await everything(client, '?_cursor=x'),
          await everything(client, '?_cursor=x', 'Patient/nobody'),
        ]
        assert.equal(paged.text.replaceAll(subject, 'Patient/nobody'), none.text)
      }
    })

    it('says that a deleted participant was deleted', async () => {
      const gone = await newcomer(board, 'es')
      assert.equal((await board.delete(`/${gone}`, 1)).status, 204)
      refused(await everything(board, '', gone), 410, 'deleted')
    })

    it('pages as of one sequence, each record once, whatever is written meanwhile', async () => {
      const [first, second] = [await post(es, goal(subject)), await post(es, goal(subject))]
      for (let count = 0; count < 3; count += 1) await post(es, condition(subject))
      const whole = keys(entriesOf(await everything(abe)))
      let writes = 0
      const all = await pages(abe, await everything(abe, '?_count=2'), async () => {
        writes += 1
        await post(es, condition(subject))
        if (writes === 1) made(await es.put(`/Goal/${second.id}`, { ...second, lifecycleStatus: 'on-hold' }, 1))
      })
      assert.deepEqual(
        all.flatMap((page) => keys(entriesOf(page))),
        whole,
      )
      assert.ok(all.length >= 4 && all.every((page) => keys(entriesOf(page)).length <= 2))
      const shown = all.flatMap(entriesOf).filter(({ resource }) => [first.id, second.id].includes(resource.id))
      assert.deepEqual(
        shown.map(({ resource }) => resource.meta.versionId),
        ['1', '1'],
      )
    })

    it('shows on a later page nothing that the caller may not know of by then', async () => {
      const barriers: Body[] = []
      for (let count = 0; count < 4; count += 1) barriers.push(await post(es, condition(subject)))
      const first = await everything(abe, '?_type=Condition&_count=1')
      const [, labelledOne, deletedOne, kept] = barriers as (Body & { id: string })[]
      made(
        await es.put(`/Condition/${labelledOne!.id}`, { ...labelled(labelledOne!, 'disability'), id: labelledOne!.id }),
      )
      assert.equal((await es.delete(`/Condition/${deletedOne!.id}`)).status, 204)
      const rest = (await pages(abe, first)).slice(1)
      assert.deepEqual(
        rest.flatMap((page) => keys(entriesOf(page))),
        [`Condition/${kept!.id}`],
      )
    })

    it('shows on a later page no old version with a label that was taken off since', async () => {
      await post(es, condition(subject))
      const hidden = await post(es, labelled(condition(subject), 'rehabilitation'))
      const last = await post(es, condition(subject))
      const first = await everything(abe, '?_type=Condition&_count=1')
      // The board takes labels off; it may know of the record by a consent that names the class.
      await post(es, consent(subject, 'es', 'board', { classes: ['rehabilitation'] }))
      const { meta: _, ...plain } = hidden
      made(await board.put(`/Condition/${hidden.id}`, plain))
      assert.equal((await abe.get(`/Condition/${hidden.id}`)).status, 200)
      const rest = (await pages(abe, first)).slice(1)
      assert.deepEqual(
        rest.flatMap((page) => keys(entriesOf(page))),
        [`Condition/${last.id}`],
      )
    })

    it('ends with the consent: the next page is that of an unknown participant', async () => {
      for (let count = 0; count < 3; count += 1) await post(es, condition(subject))
      const first = await everything(abe, '?_count=1')
      const { entry } = made(await es.get(`/Consent?patient=${subject}`))
      made(await es.put(`/Consent/${entry[0].resource.id}`, { ...entry[0].resource, status: 'inactive' }))
      refused(await abe.get(nextOf(first)!), 404, 'not-found')
    })

    it('narrows by type, by change and by the date of care', async () => {
      await post(es, condition(subject))
      await post(
        es,
        participation(subject, 'es', { period: { start: '2024-01-05', end: '2024-03-01' }, status: 'finished' }),
      )
      now += 3_600_000
      const since = new Date(now).toISOString()
      await post(es, relatedPerson(subject))
      const typesOf = async (query: string) => types(entriesOf(await everything(es, query)))
      assert.deepEqual(await typesOf('?_type=Condition&_type=EpisodeOfCare'), ['Condition', 'EpisodeOfCare'])
      assert.deepEqual(await typesOf('?_type=Condition,EpisodeOfCare'), ['Condition', 'EpisodeOfCare'])
      assert.deepEqual(await typesOf(`?_since=${since}`), ['RelatedPerson'])
      assert.deepEqual(await typesOf(`?_since=${since.replace('Z', '+00:00')}`), ['RelatedPerson'])
      assert.deepEqual(await typesOf('?start=2024-02-01&end=2024-02-28'), ['Patient', 'EpisodeOfCare', 'RelatedPerson'])
      assert.deepEqual(await typesOf('?start=2026-01-05&_type=Condition,EpisodeOfCare'), ['Condition'])
      assert.deepEqual(await typesOf('?end=2024-12-31&_type=Condition,EpisodeOfCare'), ['EpisodeOfCare'])
      assert.deepEqual(types(entriesOf(await everything(es, '?_type=Organization')), 'include'), [])
      const agencies = entriesOf(await everything(es, '?_type=Patient,Organization'))
      assert.deepEqual([types(agencies), types(agencies, 'include')], [['Patient'], ['Organization']])
    })

    it('answers the same to a POST, with links that can be followed', async () => {
      for (let count = 0; count < 3; count += 1) await post(es, condition(subject))
      const parameter = [
        { name: '_type', valueCode: 'Condition' },
        { name: '_type', valueCode: 'Patient' },
        { name: '_count', valueInteger: 2 },
      ]
      const first = await es.post(`/${subject}/$everything`, { resourceType: 'Parameters', parameter })
      const all = (await pages(es, first)).flatMap((page) => keys(entriesOf(page)))
      assert.deepEqual(all, keys(entriesOf(await everything(es, '?_type=Condition,Patient'))))
      assert.equal(all.length, 4)
    })

    it('refuses what it cannot read, and the cursor of a search', async () => {
      await post(es, goal(subject))
      const search = made(await es.get(`/Goal?patient=${subject}&_sort=_lastUpdated&_count=1`))
      await post(es, goal(subject))
      const more = await es.get(`/Goal?patient=${subject}&_sort=_lastUpdated&_count=1`)
      const cursor = new URL(
        more.body.link.find(({ relation }: { relation: string }) => relation === 'next').url,
      ).searchParams.get('_cursor')
      assert.equal(search.entry.length, 1)
      const WRONG = [
        '_type=Patients',
        '_type=Circle',
        '_count=0',
        '_count=-1',
        '_since=yesterday',
        'start=2026-13',
        'end=x',
        '_cursor=x',
        '_cursor=',
        `_cursor=${cursor}`,
      ]
      for (const query of WRONG) refused(await everything(es, `?${query}`), 400, 'invalid-parameter')
      refused(await everything(es, '?_contained=false'), 400, 'unknown-parameter')
    })
  })
}

describe('operations / Patient/$everything with open rules', () => {
  let hub: Given
  before(async () => {
    hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
    const board = hub.as(undefined)
    for (const record of RECORDS) made(await board.put(`/${String(record.resourceType)}/${String(record.id)}`, record))
  })
  after(() => hub.stop())

  const subject = { reference: 'Patient/ann' }
  const system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification'
  const verificationStatus = { coding: [{ system, code: 'entered-in-error' }] }
  const record = (key: string, content: object): Body => {
    const [resourceType = '', id = ''] = key.split('/')
    return { resourceType, id, ...content }
  }
  const RECORDS: readonly Body[] = [
    record('Organization/clinic', { name: 'Clinic' }),
    record('Organization/other', { name: 'Other' }),
    record('Practitioner/dr', {}),
    record('Patient/ann', { managingOrganization: { reference: 'Organization/clinic' } }),
    record('Patient/bob', {}),
    record('Encounter/visit', {
      status: 'finished',
      class: { code: 'AMB' },
      subject,
      period: { start: '2026-03-01', end: '2026-03-02' },
    }),
    record('AllergyIntolerance/nuts', {
      verificationStatus,
      patient: subject,
      recorder: { reference: 'Practitioner/dr' },
    }),
    record('Immunization/flu', {
      status: 'completed',
      vaccineCode: { text: 'flu' },
      patient: subject,
      occurrenceDateTime: '2026-04-01',
    }),
    // By its performer, not its subject.
    record('Observation/told', {
      status: 'final',
      code: { text: 'told' },
      subject: { reference: 'Patient/bob' },
      performer: [subject],
      effectiveInstant: '2026-05-01T10:00:00Z',
    }),
    record('Observation/other', { status: 'final', code: { text: 'other' }, subject: { reference: 'Patient/bob' } }),
  ]

  const found = async (query: string): Promise<string> => {
    const entries = (made(await hub.as(undefined).get(`/Patient/ann/$everything${query}`)).entry ??
      []) as readonly Entry[]
    return entries.map(({ resource }) => `${resource.resourceType}/${resource.id}`).join(' ')
  }

  for (const [query, expected] of [
    [
      '',
      'Patient/ann Encounter/visit AllergyIntolerance/nuts Immunization/flu Observation/told Organization/clinic Practitioner/dr',
    ],
    ['?_type=Encounter,Immunization', 'Encounter/visit Immunization/flu'],
    ['?_type=AllergyIntolerance,Practitioner', 'AllergyIntolerance/nuts Practitioner/dr'],
    [
      '?start=2026-03-15&end=2026-04-15',
      'Patient/ann AllergyIntolerance/nuts Immunization/flu Organization/clinic Practitioner/dr',
    ],
    ['?start=2026-05-01', 'Patient/ann AllergyIntolerance/nuts Observation/told Organization/clinic Practitioner/dr'],
  ] as const)
    it(`answers the compartment of R4 and what it refers to: $everything${query}`, async () => {
      assert.equal(await found(query), expected)
    })
})
