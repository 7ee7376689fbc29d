-- Odo, the miller: dry and slow. He measures the world in grain, trusts the wheel,
-- and misses his goat.
--
-- Each topic holds two lists: openings and follow-ups. Any opening may be followed
-- by any follow-up, so every pair has to read well together.

return {
  hello = {
    { "Hm. Evening.", "Aye. Hello, I suppose.", "Well now. A new face." },
    { "Mind the flour on the bench.", "You don't look like a sack of grain.", "I was just sitting. I still am." },
  },
  name = {
    { "Odo. It's short, so I kept it.", "Hm. Odo.", "The name is Odo." },
    { "I have the mill.", "Most just call me the miller.", "It won't take you long to learn." },
  },
  work = {
    { "I grind grain.", "I put grain in. Flour comes out.", "Hm. I mind the mill." },
    { "The wheel does most of it.", "I have done it all my life.", "Somebody has to be dusty." },
  },
  mood = {
    { "Hm. Still turning.", "Neither wet nor dry.", "Much the same as yesterday." },
    { "My back has opinions.", "I miss my goat.", "Ask me after the harvest." },
  },
  food = {
    { "Marta has stew.", "Eat the bread. I ground it.", "Hm. Stew, same as every night." },
    { "Two coppers, and worth it.", "It sticks to you like wet flour.", "I've had worse. I cooked it." },
  },
  ale = {
    { "Barley has two uses. This is the better.", "Marta's ale is good.", "Hm. Ale is just slow bread." },
    { "One copper, and no chewing.", "I grow slower with each mug.", "It washes the dust down." },
  },
  bed = {
    { "Ask Marta for a bed.", "Marta has beds upstairs.", "Hm. The beds here are straw and honest." },
    { "Three coppers.", "I sleep at the mill, to the wheel.", "Softer than my sacks, they say." },
  },
  prices = {
    { "Ale one copper, stew two, a bed three.", "One for ale, two for stew, three for a bed.", "Hm. A bed is three coppers, stew two, ale one." },
    { "Flour you can ask me about.", "It was the same in my father's day.", "I pay Marta in flour." },
  },
  price_bed = {
    { "A bed is three coppers.", "Hm. Three coppers for a bed.", "Marta asks three coppers a night." },
    { "Straw is dear this year.", "My sacks are free, but hard.", "You get a roof with it." },
  },
  price_stew = {
    { "Stew is two coppers.", "Hm. Two coppers a bowl.", "Marta asks two coppers for the stew." },
    { "The bread in it is mine.", "I've paid more for less.", "Chew it slowly and save." },
  },
  price_ale = {
    { "Ale is one copper.", "Hm. One copper a mug.", "Marta asks one copper for an ale." },
    { "Cheap, for what barley goes through.", "I make mine last till dark.", "It was good barley once." },
  },
  bridge = {
    { "The bridge broke in the spring flood.", "Hm. The flood took the bridge.", "I watched the bridge go, plank by plank." },
    { "It made less noise than you'd think.", "My grain carts can't cross now.", "The wheel didn't even slow down." },
  },
  mend = {
    { "Not till the king sends timber.", "Hm. By harvest, they say.", "When the timber comes." },
    { "They didn't say which year.", "I've a sack that says otherwise.", "Until then, nobody crosses." },
  },
  river = {
    { "The Wend is high this year.", "Hm. The river turns my wheel.", "The river gives, and the river takes." },
    { "It took the bridge in spring.", "I don't argue with water.", "It was here first." },
  },
  mill = {
    { "The mill is mine, and my father's before.", "The wheel turns. I listen.", "Hm. It's a good mill." },
    { "Two stones and one miller, all worn.", "Bring grain and I'll show you.", "It hasn't stopped since the flood." },
  },
  wolves = {
    { "The wolves ate my goat.", "Hm. Wolves. They had Pepper.", "The wolves come down from the north wood." },
    { "She was a good goat.", "I sleep with the door barred now.", "Captain Bryn counts them. I count sacks." },
  },
  wood = {
    { "The north wood is dark.", "Hm. Nothing grows there you can grind.", "The north wood is where the wolves live." },
    { "I went in once. I came out once.", "I leave it to the trees.", "Pepper came from that side, poor goat." },
  },
  north = {
    { "The north road goes north.", "Hm. Three days north, and all of it cold.", "You go out by the gate and keep on." },
    { "I've not needed to.", "The wolves use it more than we do.", "Go by day, if you go." },
  },
  gate = {
    { "The gate shuts at dusk.", "Hm. The gate opens at dawn.", "Captain Bryn has the gate." },
    { "I'm never out that late.", "It squeaks. I offered her grease.", "A shut gate bothers nobody." },
  },
  king = {
    { "King Osric takes a tenth of my flour.", "Hm. The king is in the south.", "I've never met the king." },
    { "He has never said thank you.", "He owes us timber.", "Kings come and go. Bread stays." },
  },
  war = {
    { "The war is in the south.", "Hm. War eats more bread than peace.", "They took my best lad for the war." },
    { "Nobody ever won a field by burning it.", "I only grind. I don't fight.", "It costs me a cart of flour a month." },
  },
  rumours = {
    { "I don't hear much over the wheel.", "Hm. Folk talk.", "They say things at the mill." },
    { "There was a light on the hill, they say.", "They say the king has no timber left.", "Marta found half a boot by the gate." },
  },
  weather = {
    { "Rain coming.", "Hm. Wet.", "The weather is what it was." },
    { "Good for the river, bad for the wheat.", "The wheel is heavy on days like this.", "I can smell it in the grain." },
  },
  night = {
    { "It gets dark at night.", "Hm. The wheel turns all night too.", "I don't go out at night." },
    { "Owls and wolves, that's all there is.", "That's when Pepper went.", "I find sleeping passes the time." },
  },
  songs = {
    { "I don't sing.", "Hm. Finch sings. I listen, mostly.", "The wheel has one song, and I know it." },
    { "It goes round and round.", "Finch wrote one about my goat. I left.", "Quiet is a good tune too." },
  },
  dragon = {
    { "There is no dragon.", "Hm. The dragon is only a story.", "I've looked at that hill for years. No dragon." },
    { "I've seen bigger things in the oats.", "Ask Finch, if you have all night.", "Dragons don't eat bread, so I don't care." },
  },
  gold = {
    { "Wheat is gold enough.", "Hm. Gold makes poor bread.", "I've seen gold once. It was a tooth." },
    { "You can't grind it.", "The king keeps the other sort.", "Dust is all I ever found." },
  },
  help = {
    { "Depends what it is.", "Hm. I can lift things.", "I'll help, if it's slow work." },
    { "Marta is better with troubles.", "Is it heavy? I can do heavy.", "Start at the beginning. I'm not busy." },
  },
  quest = {
    { "I've forty sacks to move.", "Hm. You could clean the wheel.", "There's a rat in the grain store." },
    { "I pay in flour.", "It isn't glory, but it's work.", "The last lad went to the war." },
  },
  where_mill = {
    { "Down the lane, by the river.", "Hm. The mill is by the river.", "Follow the lane from the square." },
    { "Look for the big wheel.", "It hasn't moved. It's a mill.", "If you get wet, you missed it." },
  },
  where_gate = {
    { "North end of the street.", "Hm. The gate is up at the north end.", "Up the street from the well." },
    { "Stop when you meet a spear.", "Captain Bryn is the tall one.", "It's shut after dusk." },
  },
  where_inn = {
    { "You're in it.", "Hm. This is the inn.", "This is the Mynah. You're sat in it." },
    { "Marta is the one with the ladle.", "That's how you got the ale.", "You've walked less than you think." },
  },
  where_bridge = {
    { "Just past my mill.", "Hm. The bridge is past the mill.", "Keep on past the mill, by the water." },
    { "Most of it is downstream now.", "You'll find it's broken.", "Stop before the edge." },
  },
  where_market = {
    { "In the square.", "Hm. The market is in the square, by the well.", "Out that door. The square." },
    { "My flour is on the left.", "Don't buy the fish.", "The turnips are fair, the talk is long." },
  },
  place = {
    { "This is Wendle.", "Hm. Wendle, on the Wend.", "You're in Wendle, at the Mynah." },
    { "It's a mill with a town around it.", "Folk mostly end up here by mistake.", "Not much happens. I like it." },
  },
  who_marta = {
    { "Marta keeps this inn.", "Hm. Marta is the innkeeper.", "Marta buys my flour." },
    { "She's kind, and she shouts.", "Nobody leaves her table thin.", "She lost Tam to the war." },
  },
  who_odo = {
    { "That's me.", "Hm. I'm Odo.", "You're looking at Odo." },
    { "I'm the miller. Hence the dust.", "There isn't a lot more to it.", "I used to have a goat." },
  },
  who_bryn = {
    { "Captain Bryn has the guard.", "Hm. Bryn keeps the gate.", "Captain Bryn is the law here." },
    { "She asked my goat for papers once.", "She doesn't laugh. Nor do I.", "Her boots are very clean." },
  },
  who_finch = {
    { "Finch is the bard.", "Hm. Finch sings. Nobody asked him to.", "Finch is the one in the hat." },
    { "He owes me for a loaf.", "He talks the way the river runs.", "He believes in that dragon." },
  },
  story = {
    { "There was a goat. Then there were wolves.", "Hm. The river came up, and it went down." },
    { "That's all of it.", "Finch makes it longer." },
  },
  joke = {
    { "A man asked a miller for a joke.", "Hm. The king's timber is on its way." },
    { "That was it.", "You may laugh when you're ready." },
  },
  magic = {
    { "I don't hold with magic.", "Hm. Grain goes in, bread comes out. Magic." },
    { "Gears do the same, and they don't chant.", "Finch sold me a charm. The goat still went." },
  },
  family = {
    { "My father was the miller. His too.", "Hm. I had a goat.", "No wife. The wheel is noise enough." },
    { "There's only me at the mill now.", "It makes for a quiet supper.", "The cat visits." },
  },
  age = {
    { "Older than the wheel. Younger than the stones.", "Hm. I count harvests, not years." },
    { "I lost count at fifty.", "My knees know the sum." },
  },
  threat = {
    { "I lift sacks all day. Think about that.", "Hm. You'd best sit down.", "I've been kicked by a better goat than you." },
    { "The captain is just up the street.", "You'll only get flour on you.", "It's too late in the day to fight." },
  },
  love = {
    { "Hm. That's sudden.", "I'm mostly flour, you know.", "I'll have to think about that till harvest." },
    { "The goat was the last to say so.", "Have some bread instead.", "It'll pass. Things do." },
  },
  real = {
    { "I'm as real as a sack on your foot.", "Hm. The mill is the machine. I'm the miller." },
    { "I've the dust to prove it.", "You think too much. Eat bread." },
  },
  player = {
    { "Hm. If you say so.", "Well. Good to know.", "Aye. There's room for one more." },
    { "I'm just a miller.", "Do you carry sacks at all?", "We don't get many of those." },
  },
  yes = {
    { "Hm. Good.", "Aye, then." },
    { "That was quicker than most.", "No need to rush, though." },
  },
  no = {
    { "Hm. Fair enough.", "No, then." },
    { "I'm often a no myself.", "Saves us both the walk." },
  },
  sorry = {
    { "Hm. It's nothing.", "No matter. Flour brushes off." },
    { "I've been sat on by worse.", "The river forgets. So can I." },
  },
  thanks = {
    { "Hm. No trouble.", "Aye, well.", "It was only words." },
    { "Buy some flour sometime.", "Nobody thanks the miller, as a rule.", "Don't make a song of it." },
  },
  bye = {
    { "Aye. Go well.", "Hm. Off, then.", "Goodnight." },
    { "I'll be here, I expect.", "Keep off the bridge.", "Watch for wolves. They like goats best." },
  },
  insult = {
    { "Hm. I've been called worse by geese.", "You may be right.", "Say it slower. I'm a slow man." },
    { "It won't stop the wheel.", "I'll think of an answer by harvest.", "The goat had better manners." },
  },
  unknown = {
    { "Hm. I don't know.", "That's not about grain, is it.", "I couldn't tell you." },
    { "Ask me about the mill.", "I only know flour and water.", "Finch would make something up." },
  },
}
