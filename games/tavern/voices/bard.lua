-- Finch, the bard: florid, broke, and fond of rhyme, half or whole. The only one in
-- Wendle who has seen the dragon, or says so.
--
-- Each topic holds two lists: openings and follow-ups. Any opening may be followed
-- by any follow-up, so every pair has to read well together. Most lines carry a
-- rhyme inside themselves, so that it survives any pairing.

return {
  hello = {
    { "Ah, a friend at the long day's end!", "Well met by the fire, my fair squire!", "Hail, pale traveller, wet as a sail!" },
    { "Have you a coin for a tune, or the moon?", "Sit, and lend me your wit.", "My lute is keen, though my plate is clean." },
  },
  name = {
    { "Finch, by name, and soon by fame!", "I am Finch, sweet friend, to the end.", "They call me Finch, from hall to hall." },
    { "A bard by trade, and seldom paid.", "I sing by the inch, in a pinch.", "You may clap, or fill my cap." },
  },
  work = {
    { "I sing for bread till the crowd has fled.", "I am a bard, and the work is hard.", "I string old rhymes for newer times." },
    { "My pay is ale, my boss the tale.", "Kings have wept, and Odo slept.", "No hall too small, no crowd at all." },
  },
  mood = {
    { "My heart is light, my purse lighter.", "Bright as a bell, friend, and twice as well!", "Merry, my dove, and nearly in love." },
    { "A crust would make it joy, dear boy.", "I lack but coin to be a king.", "Ask again when I have eaten, friend." },
  },
  food = {
    { "Ah, Marta's stew, a dream come true!", "The stew, my dear, is why I'm here.", "Mutton and bread, the songs it has fed!" },
    { "Two coppers a bowl, and it mends the soul.", "Pray, buy me some too?", "I would rhyme it with glue, but it's true." },
  },
  ale = {
    { "Ale, brown ale, the wind in my sail!", "Oh, the ale is dark and sings like a lark.", "Marta's ale could cheer a snail!" },
    { "One copper, my friend, and griefs will end.", "Buy me one and my song's begun.", "I drink it, alas, by the empty glass." },
  },
  bed = {
    { "Upstairs there are beds for weary heads.", "Marta's a bed for you, soft as dew.", "A bed, my friend, where sorrows mend!" },
    { "Three coppers, they say. I sleep in the hay.", "Mine is the floor, by the door.", "Sleep sound while the stars go round." },
  },
  prices = {
    { "One for ale, two for stew, three for a bed or a pew.", "Ale one copper, stew two, a bed three, but not for me.", "A bed is three coppers, stew two, ale one. Easily done." },
    { "A song costs only love, my dove.", "My own tab is a ballad, long and sad.", "I pay in rhyme, when I have time." },
  },
  price_bed = {
    { "Three coppers a bed, to rest your head.", "A bed is three coppers, by candle and key.", "Three coppers, my friend, for a bed to the dawn." },
    { "I sleep in the hay, for I cannot pay.", "Dreams are free, and that suits me.", "The moon comes too, if the shutter's askew." },
  },
  price_stew = {
    { "Two coppers for stew, and worth it too.", "The stew, for you, is coppers two.", "A bowl is two coppers, as bards all know." },
    { "Smell it for free, like me.", "I once wrote a hymn to the bowl's warm rim.", "Buy two and I'll share one with you." },
  },
  price_ale = {
    { "One copper for ale, it cannot fail.", "Ale is one copper, and none improper.", "One copper a mug, for a poet's hug." },
    { "Marta keeps my slate, and it carries weight.", "Buy me one, and I'll call you the sun.", "I've drunk my fee since half past three." },
  },
  bridge = {
    { "The bridge is down, alas for the town!", "The spring flood's roar, and the bridge was no more.", "Broken it lies, our bridge, under weeping skies." },
    { "I wrote it a verse, and the flood did worse.", "None may cross, and we mourn the loss.", "It fell in spring, poor wooden thing." },
  },
  mend = {
    { "When the king sends wood, if ever he should.", "By harvest, they say, or never, some day.", "The timber is late, so we sing and wait." },
    { "Till then no soul can cross, by hope or toss.", "A bridge of song would take as long.", "Promises float, but they make no boat." },
  },
  river = {
    { "The Wend, my friend, has a song without end.", "The river is deep, and it sings in its sleep.", "She runs to the sea, our Wend, wild and free." },
    { "In spring she rose, as everyone knows.", "She took the bridge as a bride takes a ring.", "Go near with care, there are eels down there." },
  },
  mill = {
    { "The mill wheel turns while the candle burns.", "Odo's old mill is never still.", "The mill keeps time like a slow old rhyme." },
    { "It hums in A, or near, I'd say.", "I sang to the wheel, and it missed a meal.", "All flour and gloom, like Odo's room." },
  },
  wolves = {
    { "The wolves come down to the edge of town!", "From the north wood they prowl, and the wolves all howl.", "Grey wolves, my friend, where the dark trees bend!" },
    { "They ate Odo's goat, and left but her coat.", "They sing without pay, as I do, each day.", "Bolt the door tight, they are near tonight." },
  },
  wood = {
    { "The north wood is deep, where the grey wolves sleep.", "Oh, the north wood is dark, all moss and bark.", "In the north wood's shade a bard is afraid." },
    { "I went in for a rhyme, and ran out in time.", "No lute has played beneath that shade.", "The trees there sigh, and so would I." },
  },
  north = {
    { "The north road runs long, as long as a song.", "North, my friend, is three days without end.", "Through the gate and away, three days, they say." },
    { "Go in the light, for wolves own the night.", "I walked it for fame, and back I came.", "Take bread, take wool, keep your waterskin full." },
  },
  gate = {
    { "At dusk the gate will shut, tight as a nut.", "The gate opens at dawn, when the dark is gone.", "Bryn guards the gate, both early and late." },
    { "I sang to be let in. She called it a din.", "Come late, and you wait.", "No coin, no plea, will turn that key." },
  },
  king = {
    { "King Osric sits where the sunshine hits.", "Oh, the king, the king, he has everything!", "The king in the south has gold in his mouth." },
    { "I sang for him once. He called me a dunce.", "He owes us wood, and it does no good.", "Heavy the crown, and he will not come down." },
  },
  war = {
    { "The war in the south has a hungry mouth.", "Of the war I sing low, and I sing it slow.", "They marched to the war, and are here no more." },
    { "Marta lost Tam, that gentle lamb.", "No ballad can mend such a bitter end.", "Give me the ale, and a gentler tale." },
  },
  rumours = {
    { "Lean near, and lend your ear!", "A secret, my friend, for a coin you'll spend!", "They whisper, they do, and I'll whisper to you." },
    { "There's a light on the hill, and it burns there still.", "Captain Bryn hums my tune by the moon.", "The king's gold is gone, and the war drags on." },
  },
  weather = {
    { "The rain, the rain, like an old refrain!", "The clouds hang low, and the cold winds blow.", "Wet is the air, and so is my hair." },
    { "My lute goes flat, and so does my hat.", "Weather for ale, and a well-worn tale.", "I rhyme with the drops, till the dripping stops." },
  },
  night = {
    { "The night is a cloak of stars and smoke.", "Night falls, my friend, and the long roads end.", "By night, by night, all cats are bright!" },
    { "The wolves keep time to my rhyme.", "Stay in, and let the songs begin.", "Drink deep, for the night is too good for sleep." },
  },
  songs = {
    { "A song? Not long, and nothing rude or wrong!", "La, la, the river ran, and away went the man!", "I've forty songs, and here one belongs!" },
    { "Oh, the wheel goes round and the bridge is drowned.", "Sing ho for the stew, the ale and you!", "Drop a coin in the hat, and I'll sing after that." },
  },
  dragon = {
    { "The dragon is real, with scales of steel!", "I saw it, I swear, the dragon, up there!", "On the hill it sleeps, and the gold it keeps!" },
    { "They call me a liar. They have not seen its fire.", "Its eye was a moon, and it hummed my tune.", "I ran like a hare with its breath in my hair." },
  },
  gold = {
    { "Gold, bright gold, in the dragon's hold!", "The gold, my friend, is where brave roads end.", "Oh, for gold, to keep out the cold!" },
    { "It lies on the hill, and it glitters still.", "My purse has a hole, and so has my soul.", "I'd settle for brass, or a full tall glass." },
  },
  help = {
    { "Help? With a will, if you'll share your meal!", "A friend in need! I shall help with speed.", "Tell me your woe, and let it flow." },
    { "I fight with a verse, and I've seen worse.", "A song can mend most things, my friend.", "I am brave as a knight, when no one will fight." },
  },
  quest = {
    { "A quest! Go west, or the hill is best!", "Fetch dragon's gold, if you are bold!", "Carry my lute, in your finest boot!" },
    { "I'll pay you in fame, and I'll rhyme your name.", "Half for me, for the song is my fee.", "Heroes are few. You will have to do." },
  },
  where_mill = {
    { "Down the lane, in the river's refrain.", "By the river so still, there stands the mill.", "Follow the lane to the mill, in the rain." },
    { "Hark for the wheel, a long wooden squeal.", "Odo is there, with flour in his hair.", "Mind the mud, it remembers the flood." },
  },
  where_gate = {
    { "North, up the street, on your own two feet.", "The gate stands forth at the end to the north.", "Up from the well, north, to the bell." },
    { "Bryn's at the gate, so do not be late.", "You'll know the spears by the prickling ears.", "It's shut at dark, so mark." },
  },
  where_inn = {
    { "You are here, my dear, with the ale so near!", "This is the inn, friend, that you are in!", "The Mynah, my friend, and your road's good end." },
    { "The bird on the sign was an idea of mine.", "Look round, the inn is found!", "Stay a while, it's the house with a smile." },
  },
  where_bridge = {
    { "Past the mill it lies, under weeping skies.", "Past the mill, where the bridge lies still.", "By the mill and on, but the bridge is gone." },
    { "It's broken, my friend, from end to end.", "Go and weep where the planks lie deep.", "Bring a sigh, and keep your boots dry." },
  },
  where_market = {
    { "In the square, you'll find the market there.", "By the well, in the square, hear the sellers yell.", "Out of the door, and the market's before." },
    { "I play for pears, and for angry stares.", "The fish, I wish, were a fresher dish.", "Guard your purse, or you'll come off worse." },
  },
  place = {
    { "This is Wendle, by the river's bend!", "You are in Wendle, at the Mynah, my friend!", "Wendle, sweet town, in its wet green gown!" },
    { "A mill, a gate, and a cheese on my plate.", "We have ale and song, and the nights are long.", "Small as a pin, with a very good inn." },
  },
  who_marta = {
    { "Marta, our host, who I love the most!", "Marta, the queen of the soup tureen!", "Marta the fair keeps the inn with care." },
    { "She feeds me, poor me, for a song as the fee.", "Her ladle is quick, and her gravy is thick.", "She lost her Tam, and she stays so calm." },
  },
  who_odo = {
    { "Odo, the miller, no great thriller!", "Odo's the man with the flour pan.", "Odo runs the mill, and he sits very still." },
    { "He's a heart of bread, and he goes early to bed.", "He mourns his goat, and the songs I wrote.", "Three words a day, and then away." },
  },
  who_bryn = {
    { "Captain Bryn, with the iron chin!", "Bryn is her name, and the law her game!", "Bryn of the gate, stern as fate!" },
    { "She fined my song, and she wasn't wrong.", "She hums it, though, when the lamps are low.", "Her sword is bright, and her gate shut tight." },
  },
  who_finch = {
    { "Finch? It is I, with a song and a sigh!", "You see Finch here, with a tear in his beer!", "I am that Finch, in each lovely inch!" },
    { "The bard, unstarred, with a life so hard.", "Fame is near, I can hear it from here.", "Praise me loud, I'm not too proud." },
  },
  story = {
    { "Once, on the hill, when the night was still.", "There once was a bard whose life was hard." },
    { "A dragon woke, all gold and smoke.", "Pay for an ale, and I'll finish the tale." },
  },
  joke = {
    { "Why did the goat need Odo's coat?", "What has a lute, and one good boot?" },
    { "I forget the end, but laugh, my friend!", "The answer is me, as you can see!" },
  },
  magic = {
    { "Magic, my friend, is a rhyme at the end!", "I've a charm for sale that could calm a gale!" },
    { "Odo bought one, and the goat was gone.", "It works by night, if the moon is right." },
  },
  family = {
    { "Seven brothers, friend, and sensible, all the others!", "My mother sang, and the rafters rang.", "No wife, no home, I was born to roam." },
    { "The road is my kin, and this fire, and this inn.", "I write when I can, a devoted man.", "They weep, I'm told, that I've not grown old." },
  },
  age = {
    { "Young as the dew, and as handsome too!", "Older than spring, but I still can sing!" },
    { "A bard's true age is the length of his page.", "Count my songs, and see if it belongs." },
  },
  threat = {
    { "Spare my face, it's my saving grace!", "Not the lute, you brute!", "Mercy, my friend, is this how I end?" },
    { "I'm a lover, not a fighter, and I run far lighter.", "I'll rhyme your shame with your full name.", "Captain! Oh Bryn! Come in, come in!" },
  },
  love = {
    { "Oh, be still, my heart, it's a lovely start!", "Love! From above, like a turtle dove!", "You've taste, my friend, and it shan't go to waste!" },
    { "I'd give you a ring, but I've only a string.", "Buy me some stew, and I'm yours, and true.", "I'll write you a verse, for better or worse." },
  },
  real = {
    { "Real as a song, and nearly as long!", "A machine, my friend? What a curious end!" },
    { "I think, so I drink.", "Pluck me a string, and hear me sing." },
  },
  player = {
    { "A name for a song! I've waited so long!", "Well met, my friend, let the good road bend!", "A worthy soul, and a fine new role!" },
    { "I'll sing of you, when I've had my stew.", "Is there gold in your trade, or are you unpaid?", "Heroes, I find, are often kind." },
  },
  yes = {
    { "Yes! More or less!", "Aye, says I, by the open sky!" },
    { "Then pour, and let us have more!", "You've a generous heart, and it's only the start." },
  },
  no = {
    { "No? What a blow!", "Alas, I shall let it pass." },
    { "My heart will mend, in the end.", "I'll write you a lament for the coin unspent." },
  },
  sorry = {
    { "Forgiven, my friend, to the very end!", "No tears, my dears, have some beers!" },
    { "I've been booed by better, down to the letter.", "Buy me an ale, and forget the tale." },
  },
  thanks = {
    { "My pleasure, beyond all measure!", "No thanks, good friend, but a coin you might lend.", "I bow so low that my buttons go!" },
    { "Remember my name, and speed my fame.", "Clap if you will, and pay my bill.", "Kind words are sweet, but one cannot eat." },
  },
  bye = {
    { "Farewell, and ring the bell!", "Adieu, my friend, I shall sing of you!", "Goodnight, sleep tight, in the candle light!" },
    { "May your road be dry, and your spirits high.", "Beware the wood, as a traveller should.", "Leave a coin in the hat, and that is that." },
  },
  insult = {
    { "Oh, cruel and hard, to a starving bard!", "You wound me, sir, like a thorny burr!", "Such spite tonight, and my hat on right!" },
    { "I'll put you in verse, and I'll make it worse.", "I've been hissed by the best, and was still impressed.", "A critic, I see, and drinking for free." },
  },
  unknown = {
    { "That, my friend, is beyond my bend.", "I know not a word of the thing I heard.", "A riddle, a fiddle, I'm lost in the middle!" },
    { "Ask of a song, you'll not go wrong.", "Ask for the dragon, or fill my flagon.", "It would not scan, so ask if you can." },
  },
}
