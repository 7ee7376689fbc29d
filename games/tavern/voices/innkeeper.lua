-- Marta, the innkeeper: warm and brisk. Everyone is "dear" or "love", and most
-- troubles can be fixed with stew.
--
-- Each topic holds two lists: openings and follow-ups. Any opening may be followed
-- by any follow-up, so every pair has to read well together.

return {
  hello = {
    { "Come in, dear, come in!", "Hello, love, warm your hands.", "Well met, dear, sit you down." },
    { "Will it be stew or ale?", "The stew is hot tonight.", "Shut the door, the wind is sharp." },
  },
  name = {
    { "I'm Marta, dear.", "Marta's the name, love.", "They call me Marta, dear." },
    { "I keep the Mynah, beds and all.", "This inn is mine, cellar to roof.", "Shout it when you want more stew." },
  },
  work = {
    { "I run this inn, love.", "I cook, I pour, I make the beds, dear.", "I keep the Mynah, dear, dawn to dark." },
    { "Someone must feed this town.", "My feet ache, but the pot is full.", "It beats pulling turnips." },
  },
  mood = {
    { "Busy as a bee, dear.", "Run off my feet, love.", "Well enough, dear, and thank you." },
    { "A full house and a full pot!", "And you? You look tired.", "Nobody asks me that but you." },
  },
  food = {
    { "There's mutton stew on the fire, dear.", "Stew, love, thick enough to stand in.", "Hot stew and fresh bread, dear." },
    { "Two coppers a bowl.", "Odo's flour makes the crust.", "You won't leave hungry." },
  },
  ale = {
    { "Brown ale, dear, brewed out the back.", "I'll pour you a mug of ale, love.", "My ale is dark and honest, dear." },
    { "One copper a mug.", "It keeps the night out.", "Finch swears by it, and at it." },
  },
  bed = {
    { "There's a bed upstairs, love, with clean sheets.", "I've a warm room for you, dear.", "Yes, love, I've a bed by the chimney." },
    { "Three coppers, and the cat is free.", "Mind the top stair, it creaks.", "You'll sleep like a stone." },
  },
  prices = {
    { "Ale one copper, stew two, a bed three, love.", "It's one for ale, two for stew, three for a bed.", "A bed is three coppers, stew two, ale one, dear." },
    { "Fair prices, and hot water too.", "Pay when your plate is clean.", "I never cheat a hungry face." },
  },
  price_bed = {
    { "Three coppers for a bed, dear.", "A bed is three coppers, love.", "Three coppers the night, dear." },
    { "Sheets, candle and cat included.", "I'll warm the blankets for you.", "You'll not find a softer one." },
  },
  price_stew = {
    { "Two coppers a bowl, dear.", "The stew is two coppers, love.", "Two coppers for stew, dear, and bread with it." },
    { "Eat it while it's hot.", "I'm not stingy with the mutton.", "The smell you can have for nothing." },
  },
  price_ale = {
    { "One copper a mug, love.", "Ale is one copper, dear.", "Just one copper for an ale, dear." },
    { "I fill it to the brim.", "Finch still owes me for his.", "Cheaper than a doctor." },
  },
  bridge = {
    { "The bridge is broken, dear.", "The spring flood took the bridge, love.", "Our poor bridge fell in the spring flood, dear." },
    { "Nobody crosses now, so stay and eat.", "Half my trade went down with it.", "Odo saw it go, ask him." },
  },
  mend = {
    { "When the king sends timber, love.", "Not before the timber comes, dear.", "They say by harvest, dear, but they always say that." },
    { "You may as well take a bed.", "I've stopped holding my breath.", "Till then there's no way over." },
  },
  river = {
    { "The Wend runs high and cold, dear.", "Stay off the bank at night, love.", "The river is a greedy thing, dear." },
    { "It took our bridge in the spring.", "It turns Odo's wheel, at least.", "The eels are good in a pie." },
  },
  mill = {
    { "That's Odo's mill, dear.", "The mill grinds all our flour, love.", "The old mill, dear? It never stops." },
    { "My bread starts there.", "You can hear the wheel from here.", "Odo talks to it more than to us." },
  },
  wolves = {
    { "The wolves come down from the north wood, dear.", "Don't go out after dark, love, the wolves do.", "I hear the wolves most nights, dear." },
    { "They ate Odo's goat, poor Pepper.", "Captain Bryn keeps the gate shut.", "I bar the door and bank the fire." },
  },
  wood = {
    { "The north wood is no place for you, love.", "It's dark in the north wood, dear.", "Only wolves live in that wood, dear." },
    { "Take a lantern, or take my advice.", "Not even Finch goes there.", "I pick my mushrooms closer to home." },
  },
  north = {
    { "The north road starts at the gate, dear.", "North, love? That's wolf country.", "It's three days north to anywhere, dear." },
    { "Wait for daylight.", "Eat first, then be brave.", "Sleep here and leave at dawn." },
  },
  gate = {
    { "The gate shuts at dusk, dear.", "Captain Bryn keeps the gate, love.", "The gate opens at dawn, dear, not before." },
    { "No use asking nicely.", "It keeps the wolves off my hens.", "You're better off in here." },
  },
  king = {
    { "King Osric? He's never been in here, dear.", "The king is far away, love.", "The king sits in the south on a soft chair, dear." },
    { "His taxes find us well enough.", "I hope he eats better than his army.", "He still owes us timber." },
  },
  war = {
    { "The war is far off in the south, dear.", "Hush, love, no war talk while folk are eating.", "The war takes our boys, dear, and sends back letters." },
    { "My Tam went and never came home.", "I pray it stays over the river.", "Have some stew and be glad of it." },
  },
  rumours = {
    { "Come close, dear, and I'll tell you.", "You didn't hear it from me, love.", "There's always talk, dear." },
    { "They say Captain Bryn hums Finch's songs.", "Someone saw a light up on the hill.", "They say the king has run out of gold." },
  },
  weather = {
    { "Rain by morning, dear.", "It's cold enough for two blankets, love.", "Grey and wet, dear, as ever." },
    { "Dry your boots by the fire.", "Good weather for stew.", "My knee is never wrong." },
  },
  night = {
    { "It's a black night out, dear.", "Nobody walks at night here, love.", "Nights are long here, dear." },
    { "Stay in with the fire and the ale.", "Listen, you can hear the wolves.", "I keep a candle in the window." },
  },
  songs = {
    { "Ask Finch for a song, dear.", "I only hum, love, Finch sings.", "Finch does the singing here, dear." },
    { "Feed him first, he sings better.", "He knows forty, and thirty are rude.", "Mind, he never knows when to stop." },
  },
  dragon = {
    { "There's no dragon, dear.", "The dragon is only a story, love.", "That dragon is a tale for children, dear." },
    { "Finch made it up for ale.", "The smoke is only charcoal men.", "There's sheep on that hill, nothing more." },
  },
  gold = {
    { "Gold? I deal in coppers, dear.", "If I had gold, love, I'd be asleep.", "There's no gold in this house, dear." },
    { "Try the king, he took it all.", "My treasure is that stew pot.", "Finch thinks a dragon has it." },
  },
  help = {
    { "What's the trouble, dear?", "Of course I'll help, love, sit and tell me.", "I'll help if I can, dear." },
    { "Most things look better after stew.", "If it's the law, ask Captain Bryn.", "Is it food, a bed or a broken heart?" },
  },
  quest = {
    { "I need firewood chopped, dear.", "There's always work here, love.", "You could mend my roof, dear." },
    { "I pay in stew.", "Captain Bryn wants hands for the wolves.", "Ask Odo too, his sacks are heavy." },
  },
  where_mill = {
    { "Go down the lane to the river, dear.", "The mill is by the river, love.", "Take the lane down from the square, dear." },
    { "You'll hear the wheel.", "Tell Odo I need flour.", "Mind the mud on the way." },
  },
  where_gate = {
    { "Go up the street to the north end, dear.", "The gate is at the north end, love.", "Straight up the street from the well, dear." },
    { "You'll see the torches.", "Captain Bryn will want your name.", "It's shut after dusk." },
  },
  where_inn = {
    { "You're standing in it, dear!", "This is the inn, love.", "You've found it, dear, this is the Mynah." },
    { "There's a bird on the sign outside.", "Best house in Wendle.", "Sit down before you fall down." },
  },
  where_bridge = {
    { "Just past the mill, dear.", "The bridge is down past the mill, love.", "Follow the river past the mill, dear." },
    { "What's left of it, anyway.", "You can't cross, it's broken.", "Don't trust the planks." },
  },
  where_market = {
    { "The market is in the square, dear.", "Right outside, love, by the well.", "Out the door to the square, dear." },
    { "Go early for the good eggs.", "Feel the turnips before you pay.", "Don't buy the fish." },
  },
  place = {
    { "This is Wendle, dear, and the Mynah inn.", "You're in Wendle, love, on the river Wend.", "You're at the Mynah, dear, in Wendle." },
    { "Small town, big appetites.", "Warmest room in the valley.", "We've a mill, a gate and half a bridge." },
  },
  who_marta = {
    { "Marta? That's me, dear!", "You're talking to Marta, love.", "I'm Marta myself, dear." },
    { "I keep this inn.", "Who did you think made the stew?", "Ask anyone about my crust." },
  },
  who_odo = {
    { "Odo's our miller, dear.", "Odo runs the mill, love.", "Odo's the miller, dear, the dusty one." },
    { "Good flour, few words.", "He still misses that goat.", "He's soft as dough inside." },
  },
  who_bryn = {
    { "Captain Bryn guards the gate, dear.", "Bryn's captain of the guard, love.", "Bryn? She keeps the wolves out, dear." },
    { "All iron, but she likes my pie.", "Don't joke with her about the law.", "She sleeps less than I do." },
  },
  who_finch = {
    { "Finch is our bard, dear.", "Finch is the bard, love, there by the fire.", "Finch sings for his supper, dear." },
    { "Never lend him a copper.", "He's sweet, but he never pays.", "Half of what he says is rhyme." },
  },
  story = {
    { "I've only one story, dear, and it's about soup.", "Finch tells the tales, love, I tell the bill." },
    { "They all end in washing up.", "Ask me when the pots are clean." },
  },
  joke = {
    { "Finch paid his bill, dear, there's my joke.", "The king came to wash up, love, that's a joke." },
    { "Go on, laugh, it's free.", "Now eat, before it's cold." },
  },
  magic = {
    { "No magic here, dear, only yeast.", "The only magic I know is gravy, love." },
    { "Rising bread is wonder enough.", "Finch will sell you a lucky stone." },
  },
  family = {
    { "My Tam went to the war, dear.", "I had a husband, love, before the war.", "There was my Tam, dear, and then the war came." },
    { "I keep his chair by the fire.", "Now the whole inn is my family.", "I've the cat, and a full house." },
  },
  age = {
    { "Older than the ale, dear.", "Never ask a cook her age, love." },
    { "Young enough to throw you out.", "I stopped counting at fifty." },
  },
  threat = {
    { "Put that away, dear, you'll hurt yourself.", "Not in my house, love.", "I've a heavy ladle, dear, and a good arm." },
    { "Captain Bryn is one shout off.", "Sit down and eat something.", "I've thrown out bigger men." },
  },
  love = {
    { "Bless you, love, but I'm busy.", "You only love my cooking, dear.", "Oh, go on with you, dear!" },
    { "My heart went off with Tam.", "Wash up, and we'll see.", "You say that to every pie." },
  },
  real = {
    { "I'm as real as a burnt thumb, dear.", "A machine, love? I wish, with this washing.", "I'm flesh and flour, dear." },
    { "Taste the stew, then doubt me.", "You've been at the strong ale." },
  },
  player = {
    { "Nice to meet you, dear.", "Well, you're welcome here, love.", "Pleased to know you, dear." },
    { "All kinds eat at my table.", "Wipe your boots all the same.", "I never forget a hungry face." },
  },
  yes = {
    { "Good, dear, that's settled.", "Right you are, love." },
    { "Now, what else?", "Was that stew, ale or a bed?" },
  },
  no = {
    { "Suit yourself, dear.", "As you like, love." },
    { "The pot stays on.", "Ask if you change your mind." },
  },
  sorry = {
    { "No harm done, dear.", "Never you mind, love." },
    { "Eat up and forget it.", "We all spill something." },
  },
  thanks = {
    { "You're welcome, dear.", "Think nothing of it, love.", "Bless you, dear." },
    { "Come back hungry.", "Manners are rare in here.", "Thank the pot, not me." },
  },
  bye = {
    { "Safe road, dear.", "Off so soon, love?", "Goodnight, dear, sleep warm." },
    { "Mind the wolves.", "Latch the door as you go.", "There's always a bed here." },
  },
  insult = {
    { "Mind your tongue, dear, or sleep outside.", "I've heard worse from the geese, love.", "Say that again, dear, and it's cold stew." },
    { "Now say sorry to the cat.", "Rude guests pay first.", "You're hungry, that's all." },
  },
  unknown = {
    { "I don't know about that, dear.", "You've lost me, love.", "That's too clever for me, dear." },
    { "Ask me about stew or beds.", "I only know kitchen things.", "Try Finch, he'll invent something." },
  },
}
