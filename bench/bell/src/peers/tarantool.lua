-- Timers in Tarantool, in its own process and without a network: a space by key with an index by instant, a batch a
-- transaction, each on disk before it is done (wal_mode = fsync). Prints: set per second, rung per second.
local timers, batch = tonumber(arg[1]), tonumber(arg[2])
local clock = require('clock')
box.cfg{wal_mode = 'fsync', memtx_memory = 1024 * 1024 * 1024, log_level = 1, wal_dir = '.', memtx_dir = '.', vinyl_dir = '.'}
local space = box.schema.space.create('timers')
space:create_index('primary', {parts = {1, 'string'}})
space:create_index('due', {parts = {{2, 'unsigned'}, {1, 'string'}}})
local done = box.schema.space.create('done')
done:create_index('primary', {parts = {1, 'unsigned'}})

local zeros = string.rep('0', 100)
local began = clock.monotonic()
for first = 0, timers - 1, batch do
    box.begin()
    for number = first, math.min(first + batch, timers) - 1 do
        space:replace{string.format('%010d/', number) .. zeros .. string.format('%020d', number * 7919), (number * 2654435) % 60000000}
    end
    box.commit()
end
local set = timers / (clock.monotonic() - began)

began = clock.monotonic()
local rung = 0
while true do
    local due = space.index.due:select({}, {limit = batch})
    if #due == 0 then break end
    box.begin()
    for _, timer in ipairs(due) do
        space:delete{timer[1]}
        rung = rung + 1
        done:insert{rung, timer[1]}
    end
    box.commit()
end
io.stdout:write(string.format('%.0f %.0f %d\n', set, timers / (clock.monotonic() - began), rung))
os.exit(0)
