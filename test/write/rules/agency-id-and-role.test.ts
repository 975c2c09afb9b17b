/** What hangs on the id and the role of an agency. */
import { given, made, refused, type Given } from '../../given.ts'
import { participant, wages } from '../../builders/index.ts'

describe('write / rules / agencies', () => {
  let hub: Given
  before(async () => {
    hub = await given()
  })
  after(() => hub.stop())

  const agency = async (id: string) => made(await hub.as(undefined).get(`/Organization/${id}`))

  it('have no dot in their id: it would make two agencies share a prefix', async () => {
    const abe = await agency('abe')
    refused(await hub.as(undefined).put('/Organization/abe.north', { ...abe, id: 'abe.north' }), 422, 'agency-rule')
    made(await hub.as(undefined).put('/Organization/abe-north', { ...abe, id: 'abe-north' }))
  })

  it('keep the role of the wage agency while there are wage records', async () => {
    const board = hub.as(undefined)
    const ui = await agency('ui')
    const without = { ...ui, type: ui.type.slice(0, 1) }
    made(await board.put('/Organization/ui', without))
    made(await board.put('/Organization/ui', ui))
    const { id } = made(await hub.as('ui').post('/Patient', participant('ui')))
    made(await hub.as('ui').post('/Observation', wages(`Patient/${id}`, 'ui')))
    refused(await board.put('/Organization/ui', without), 422, 'agency-rule')
    const abe = await agency('abe')
    refused(await board.put('/Organization/abe', { ...abe, type: ui.type }), 422, 'agency-rule')
    made(await board.put('/Organization/ui', { ...ui, alias: ['Benefits'] }))
  })
})
