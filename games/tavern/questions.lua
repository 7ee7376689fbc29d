-- What players ask in the tavern: for each topic, the ways of asking it.
--
-- A pattern such as "[what|how] about [the|that] bridge" stands for every choice of one
-- alternative from each bracket; an empty alternative leaves the words out. `$me` is the
-- first name of the character being asked. Patterns are written the way the model sees
-- them: lower case, no punctuation but the apostrophe.
--
-- Each topic is { id, about, asks, plain }. `about` lists nouns to put into the general
-- frames ("tell me about the bridge"), `asks` lists the topic's own patterns, and `plain`
-- marks topics whose questions take no polite opening ("excuse me", "so").

local questions = {}

-- Ways of asking after a thing or a person that fit every noun.
local frames = {
  "tell me about $it",
  "[what about|how about|and] $it",
  "what [do you know|can you tell me] about $it",
  "what do you think of $it",
  "have you [heard|any news] of $it",
  "[any news|anything new] about $it",
  "i [want to know|heard|wonder] about $it",
  "$it",
}

-- Odd words with no place in the tavern. They teach the model to say that it does not
-- know, instead of guessing at the nearest topic.
local odd = "[pizza|spain|computers|maths|the moon|china|football|cars|elephants|"
  .. "philosophy|bananas|my homework|paris|time travel|a submarine|jazz]"

questions.topics = {
  { "hello", nil, {
    "[hello|hi|hey|greetings|hail|good day] [|$me|there|friend]",
    "good [morning|evening|afternoon] [|$me|to you]",
    "[hello|hi|hey] [again|my friend|how do you do|old friend]",
    "[well met|hiya|howdy|yo|heya|hullo|helo]",
    "nice to [see|meet] you [|$me]",
  }, plain = true },
  { "name", nil, {
    "[what is|what's|whats] your name",
    "[who are you|who're you|who r u|and you are|who am i talking to]",
    "what [do they|should i|shall i|can i|do people] call you",
    "[may i|can i] [know|have|ask] your name",
    "[do you have|have you got] a name",
    "[tell me your name|name|your name|who is this|who might you be]",
  } },
  { "work", nil, {
    "what do you do [|here|for a living|all day]",
    "[what is|what's] your [job|work|trade]",
    "[tell me about|what about|talk about] yourself",
    "do you [like|enjoy] your [job|work]",
    "what are you doing [|here]",
    "how long have you [worked|been] here",
    "[are you busy|what is it you do|do you work here]",
  } },
  { "mood", nil, {
    "how are you [|today|doing|feeling|tonight|$me]",
    "how [do you do today|is it going|goes it|have you been|are things|do you feel]",
    "[are you|you] [well|ok|alright|happy|tired|sad|fine]",
    "[what's up|whats up|how's life|how is life|how was your day|sup]",
  } },
  { "food", { "[the|your] food", "[the|your] stew", "supper" }, {
    "[what is|what's|whats] for [dinner|supper|eating]",
    "[what is|what's] there to eat",
    "[i'm|im|i am] [hungry|starving]",
    "what [food do you have|can i eat|do you eat|should i eat]",
    "[do you have|is there|have you got] [any food|some food|stew|bread|meat]",
    "[can i|could i|may i] [have|get] [some food|some stew|a bowl of stew|a meal]",
    "i [want|need|would like|would love] [food|stew|to eat|some bread]",
    "[what's|what is] in the stew",
    "is the [food|stew] [good|hot|fresh]",
    "[where can i eat|give me food|one stew please|stew please]",
  } },
  { "ale", { "[the|your] ale", "beer" }, {
    "[i'm|im|i am] thirsty",
    "[do you have|is there|have you got] [ale|beer|wine|a drink|anything to drink]",
    "[can i|could i|may i] [have|get] [an ale|a beer|a drink|some ale]",
    "i [want|need|would like] [an ale|a beer|a drink|some ale]",
    "is the [ale|beer] [good|strong|cold]",
    "what [is there to drink|do you drink|drinks do you have|should i drink]",
    "[give me|one|pour me] [an ale|ale|beer|a beer] [|please]",
    "do you [like|drink] [ale|beer|wine]",
  } },
  { "bed", { "the [rooms|beds]", "a bed" }, {
    "[do you have|is there|have you got] [a room|a bed|any rooms|any beds|a free room]",
    "[can i|could i|may i] [sleep here|stay here|stay the night|have a room|get a bed]",
    "i [want|need|would like] [a room|a bed|to sleep|to rest|to stay the night]",
    "[where can i|where do i|where should i] [sleep|stay|rest]",
    "[i'm|im|i am] [tired|sleepy|so tired]",
    "are the [beds|rooms] [soft|clean|warm]",
    "[a room please|a bed for the night|any place to sleep]",
  } },
  { "prices", { "[the|your] prices" }, {
    "[what are|show me|list] [the|your] prices",
    "what does [everything|it all|it] cost",
    "how much [is it|does it cost|do things cost|is everything|do i pay|do i owe you]",
    "what [do i owe|do you charge|do things cost here|is the price]",
    "[is it expensive|is it cheap here|price|how many coppers|the bill please]",
  } },
  { "price_bed", nil, {
    "how much [is|for|does] a [bed|room] [|cost|for the night]",
    "how much to [sleep|stay] [here|the night]",
    "what does a [bed|room] cost",
    "[what is|what's] the price of a [bed|room]",
    "[price|cost] of a [bed|room]",
    "how many coppers for a [bed|room]",
    "is the [bed|room] expensive",
  } },
  { "price_stew", nil, {
    "how much [is|for] [the stew|a bowl|the food|a meal|a bowl of stew|stew]",
    "how much does [the stew|a bowl|the food|a meal] cost",
    "what does [the stew|the food|a meal] cost",
    "[what is|what's] the price of [stew|food|a meal]",
    "[price|cost] of [the stew|a meal|food]",
    "how many coppers for [the stew|stew|food|a bowl]",
  } },
  { "price_ale", nil, {
    "how much [is|for] [the ale|an ale|a beer|a mug|a drink|ale]",
    "how much does [the ale|an ale|a beer|a drink] cost",
    "what does [the ale|an ale|a beer] cost",
    "[what is|what's] the price of [ale|beer|a drink]",
    "[price|cost] of [the ale|beer|a drink]",
    "how many coppers for [the ale|an ale|a beer|ale]",
  } },
  { "bridge", { "[the|that|your] bridge", "bridge" }, {
    "[what|what's|what has] happened to the bridge",
    "[can i|can we|can you|may i] [cross|use] the bridge",
    "is the bridge [broken|open|safe|down|closed|gone]",
    "[why|how|when] [is|did] the bridge [broken|break|fall|down]",
    "[why can't i|how do i|i want to|i need to] cross the bridge",
    "[who|what] broke the bridge",
  } },
  { "mend", nil, {
    "when will the bridge be [mended|fixed|repaired|open|ready|rebuilt]",
    "[who will|can you|will you|why don't you] [mend|fix|repair] the bridge",
    "how [can i|do i|do we] [cross|get across|get over] the river",
    "is there [a boat|a ferry|another way over|another way across]",
    "[can i swim|is there a way] across [|the river]",
    "when can i [cross|go south]",
    "how long [till|until] the bridge is [mended|fixed|ready]",
  } },
  { "river", { "[the|that|this] river", "the wend" }, {
    "is the river [deep|high|dangerous|cold|safe]",
    "can i [swim|fish|bathe] in the river",
    "are there fish in the river",
    "[what is|what's] the river called",
    "how [deep|wide|cold] is the river",
    "[tell me about|what about|what happened in] the [flood|spring flood]",
  } },
  { "mill", { "[the|that|your] mill", "the [mill wheel|flour]" }, {
    "is the mill [working|old|open|running]",
    "how [old is|does] the mill [|work]",
    "[who owns|who runs|what is at|why go to] the mill",
    "[do you|can i] [buy|get|sell] [flour|grain]",
    "how is the [grain|wheat|flour]",
    "what does the mill do",
  } },
  { "wolves", { "[the|those|these] wolves", "wolves", "the [wolf|howling]" }, {
    "are there [wolves|wolves here|many wolves|wolves near|wolves about]",
    "[where do|why do|when do] the wolves come [|from|down]",
    "are the wolves [dangerous|close|hungry]",
    "how many wolves [|are there]",
    "[have you|did you] [seen|see] [a wolf|the wolves|any wolves]",
    "[i saw|i heard|i killed|i fear|i am afraid of] [a wolf|wolves]",
    "how do i [fight|kill|stop] the wolves",
    "[what is|what's] that howling",
  } },
  { "wood", { "the [wood|north wood|forest|trees]", "the woods" }, {
    "[what is|what's|who lives|what lives] in the [wood|forest|north wood|woods]",
    "is the [wood|forest|north wood] [safe|dark|dangerous]",
    "can i [go into|enter|walk in] the [wood|forest]",
    "i [want to|will] go [into|to] the [wood|forest|woods]",
  } },
  { "north", { "the [road|north road|road north]", "the north" }, {
    "[what is|what's|what lies] [in the|up|to the] north",
    "is the [road|north road|road north] [safe|open|long]",
    "[i want to|i will|can i|how do i] [go|travel] north",
    "where does the [road|north road] [go|lead]",
    "how [far|long] is [it|the road] north",
    "[how do i leave|how can i get out of] [town|here|wendle]",
    "which way should i [go|travel]",
  } },
  { "gate", { "[the|your|that] gate" }, {
    "[when does|why does] the gate [open|shut|close]",
    "is the gate [open|shut|closed|locked]",
    "[open|please open|can you open|will you open] the gate",
    "[let me|can i go|may i pass|i want to go] [out|through] the gate",
    "[who guards|who keeps|who has the key to] the gate",
    "let me [out|through|pass]",
  } },
  { "king", { "[the|your|this] king", "king osric" }, {
    "who is [the|your] king",
    "is the king [good|kind|old|rich|dead|a good man]",
    "do you [like|serve|love|know] the king",
    "[where is|where does] the king [|live]",
    "[have you met|have you seen|did you meet|i hate|i serve] the king",
    "who [rules|is in charge] here",
    "what about [taxes|the crown|the queen]",
  } },
  { "war", { "[the|this|that] war", "the [fighting|soldiers|army]" }, {
    "[is there|why is there] a war",
    "who is [winning|fighting] [|the war]",
    "[when will|how will] the war end",
    "where is the [war|fighting]",
    "[did you|have you] [fight|fought|been] in the war",
    "will the war come here",
    "are you [afraid of|for|against] the war",
  } },
  { "rumours", nil, {
    "[any|got any|heard any|have you any] [rumours|rumors|gossip|news]",
    "[what's|what is|whats] [new|the news|the gossip|happening|going on]",
    "[tell me|do you have|do you know] [a rumour|the news|any secrets|some gossip|a secret]",
    "[have you heard|did you hear] anything [|strange|new|interesting]",
    "what do people [say|talk about]",
    "[rumours|rumors|gossip|news|secrets]",
  } },
  { "weather", { "[the|this] [weather|rain]" }, {
    "[how is|how's|what is] the weather [|today|like]",
    "[will it|does it|is it going to] [rain|snow] [|today|tomorrow]",
    "is it [raining|cold|snowing|warm|windy] [|outside|today]",
    "[nice|bad|lovely|awful] weather [|today]",
    "[it's|it is|i am] [cold|wet|raining|freezing] [|outside]",
  } },
  { "night", { "the night", "the [dark|night here]" }, {
    "what happens [at night|after dark|when it gets dark]",
    "is it [safe|dangerous|dark] [at night|after dark|out tonight]",
    "can i go out [at night|tonight|after dark]",
    "[when does it get|why is it so] dark",
    "[what time is it|is it late|it is late|it's getting late|it is dark]",
    "do you [sleep|work|go out] at night",
    "[are you afraid of|do you like] the [dark|night]",
  } },
  { "songs", { "[the|your] [songs|music]" }, {
    "[sing|play] [me|us|] a song",
    "[can you|will you|do you|would you] [sing|play]",
    "do you know [a song|any songs|a good song]",
    "[i like|i love|i want] [music|songs|a song]",
    "what songs do you [know|sing|like]",
    "do you like [music|songs|singing]",
    "[sing|sing something|a song please|music|play the lute]",
  } },
  { "dragon", { "[the|that|this] dragon", "dragons", "the [hill|dragon on the hill]" }, {
    "is there [a dragon|really a dragon|a dragon on the hill]",
    "[have you|did you|has anyone] [seen|see] [the|a] dragon",
    "is the dragon [real|true|a story|big|dangerous]",
    "where is the dragon",
    "do you believe in [dragons|the dragon]",
    "[what is|what's|who lives] on the hill",
    "[how do i|i want to|i will] [kill|fight|find|slay] the dragon",
    "are there [dragons|dragons here|any dragons]",
  } },
  { "gold", { "[the|your] gold", "[treasure|money]" }, {
    "where [is the|can i find] [gold|treasure]",
    "do you have [gold|money|any gold|treasure|coins]",
    "i [want|need|have|seek|like] [gold|money|treasure]",
    "[can you give|give|lend] me [gold|money|some coins|a coin]",
    "[are you rich|how do i get rich|i am poor|i have no money|who has gold]",
    "is there [gold|treasure] [|here|on the hill]",
  } },
  { "help", nil, {
    "[help|help me|please help|i need help|can you help|help please]",
    "[can you|will you|could you|would you] help me",
    "i [am lost|need your help|need some help|have a problem|am in trouble]",
    "[what should i do|what can i do|what do i do now|i'm lost|what now]",
    "[can i ask you something|i have a question|what can you do for me]",
    "what can i [ask|ask you|say]",
  } },
  { "quest", nil, {
    "[do you have|have you|have you got|is there] [any work|a quest|a job|work] [|for me]",
    "[can i|could i|how can i] help [|you|out]",
    "[i need|i want|i am looking for|give me] [work|a job|a quest]",
    "do you need [help|a hand|anything|anything done]",
    "[is there anything i can do|what needs doing|any quests|any jobs|what can i do for you]",
    "[i seek adventure|i want an adventure|quest|i want to be a hero]",
  } },
  { "where_mill", nil, {
    "[where is|where's|wheres] the [mill|old mill|watermill]",
    "[how do i|how can i|how do you] [get to|find|reach] the mill",
    "[which way|what way] [is|to] the mill",
    "[show me|tell me] the way to the mill",
    "[i am looking for|i'm looking for|i can't find|take me to] the mill",
    "[is the mill far|where does odo live|where can i find odo|where is odo]",
  } },
  { "where_gate", nil, {
    "[where is|where's|wheres] the [gate|north gate|town gate]",
    "[how do i|how can i|how do you] [get to|find|reach] the gate",
    "[which way|what way] [is|to] the gate",
    "[show me|tell me] the way to the gate",
    "[i am looking for|i'm looking for|i can't find|take me to] the gate",
    "[is the gate far|where is the guard|where can i find bryn|where is bryn]",
  } },
  { "where_inn", nil, {
    "[where is|where's|wheres] the [inn|tavern|mynah|pub]",
    "[how do i|how can i|how do you] [get to|find|reach] the [inn|tavern]",
    "[which way|what way] [is|to] the [inn|tavern]",
    "[show me|tell me] the way to the inn",
    "[i am looking for|i'm looking for|i can't find|take me to] the inn",
    "[is this the inn|is this the tavern|is there an inn here|where is marta]",
  } },
  { "where_bridge", nil, {
    "[where is|where's|wheres] the [bridge|old bridge|broken bridge]",
    "[how do i|how can i|how do you] [get to|find|reach] the bridge",
    "[which way|what way] [is|to] the bridge",
    "[show me|tell me] the way to the bridge",
    "[i am looking for|i'm looking for|i can't find|take me to] the bridge",
    "[is the bridge far|where was the bridge]",
  } },
  { "where_market", { "the market" }, {
    "[where is|where's|wheres] the [market|square|well|shop]",
    "[how do i|how can i|how do you] [get to|find|reach] the market",
    "[which way|what way] [is|to] the [market|square]",
    "[show me|tell me] the way to the market",
    "[i am looking for|i'm looking for|i can't find|take me to] the market",
    "[is the market far|is there a market|where can i buy things|where can i shop]",
    "what do they sell at the market",
  } },
  { "place", { "[wendle|this town|this place|the town]" }, {
    "where am i [|now|exactly]",
    "[what is|what's|whats] this [place|town|village]",
    "[what is|what's] [the town|the village|this town|this place] called",
    "what is there to [do|see] here",
    "where are we",
    "do you [live here|like it here|like this town]",
    "[is this wendle|what town is this|what place is this|what is wendle]",
    "[nice place|i am new here|i just arrived]",
  } },
  { "who_marta", { "marta", "the innkeeper" }, {
    "[who is|who's|whos] [marta|the innkeeper|the cook]",
    "do you [know|like|trust|love] marta",
    "[is marta|are you] [kind|marta|the innkeeper]",
    "who [runs|owns|keeps] [the inn|this inn|this place|the tavern]",
    "what is marta like",
  } },
  { "who_odo", { "odo", "the miller" }, {
    "[who is|who's|whos] [odo|the miller]",
    "do you [know|like|trust|love] odo",
    "[is odo|are you] [slow|dusty|odo|the miller]",
    "[what happened to|tell me about|who ate|what about] [odo's goat|the goat|pepper]",
    "what is odo like",
  } },
  { "who_bryn", { "[bryn|captain bryn]", "the [captain|guard|guards]" }, {
    "[who is|who's|whos] [bryn|captain bryn|the captain|the guard]",
    "do you [know|like|trust|love] bryn",
    "[is bryn|are you] [strict|brave|bryn|the captain]",
    "who [is captain|leads the guard|keeps the law]",
    "what is [bryn|captain bryn] like",
  } },
  { "who_finch", { "finch", "the [bard|singer]" }, {
    "[who is|who's|whos] [finch|the bard|the singer|that singing]",
    "do you [know|like|trust|love] finch",
    "[is finch|are you] [a liar|a poet|finch|the bard]",
    "does finch [pay|sing|lie]",
    "what is finch like",
  } },
  { "story", nil, {
    "[tell|tell me|tell us] [a story|a tale|a good story]",
    "[do you know|have you got|do you have] [a story|a tale|any stories|any tales]",
    "i [want|like|love] [a story|stories|tales]",
    "[a story please|story|once upon a time]",
  } },
  { "joke", nil, {
    "[tell|tell me|tell us] [a joke|something funny]",
    "[do you know|have you got|do you have] [a joke|any jokes]",
    "make me [laugh|smile]",
    "[say something funny|joke|are you funny|i am bored|i'm bored]",
  } },
  { "magic", { "[magic|wizards|witches]" }, {
    "[is there|is there any|do you have|are you afraid of] magic",
    "do you [believe in|know|like] [magic|wizards|witches|ghosts]",
    "[can you|i can] [do magic|cast a spell|cast spells]",
    "[are you a wizard|are you a witch|are there ghosts here|i need a spell]",
  } },
  { "family", { "your [family|mother|father]" }, {
    "do you have [a family|children|a wife|a husband|brothers|kids]",
    "are you [married|alone|single|lonely]",
    "[who is your|where is your] [family|wife|husband|mother|father]",
    "[who is tam|what happened to tam|do you live alone]",
  } },
  { "age", nil, {
    "how old are you [|$me]",
    "[what is|what's|whats] your age",
    "[when were you born|are you old|are you young|your age|when is your birthday]",
    "[you look|you are|you're] [old|young]",
  } },
  { "threat", nil, {
    "i [will|want to|am going to|could] [kill|fight|hurt|rob|stab|hit] you",
    "[give me|hand over] [all your|your] [money|gold|purse]",
    "[fight me|this is a robbery|die|prepare to die|i attack you|your money or your life]",
    "i [draw my|have a] [sword|knife]",
  }, plain = true },
  { "love", nil, {
    "i [love|like|adore|fancy] you [|$me]",
    "[will you marry me|marry me|kiss me|do you love me|do you like me|be mine]",
    "you are [beautiful|pretty|handsome|lovely|cute|sweet|nice]",
    "[can i kiss you|give me a kiss|be my friend|will you be my friend|you look nice]",
  }, plain = true },
  { "real", nil, {
    "are you [real|human|a robot|an ai|a machine|a computer|a person|alive|a bot]",
    "[is this real|is this a game|are you a language model|do you think|can you think]",
    "[what are you|are you an npc|who made you|who wrote you]",
  } },
  { "player", nil, {
    "my name is [john|anna|tom|sara|max|kim|lee|bob|alex]",
    "i am [a knight|a wizard|a traveller|a hero|a farmer|a thief|a merchant|a soldier]",
    "[i'm|im] [john|anna|tom|a knight|a stranger|a hunter|sam|a traveller]",
    "[call me|you can call me] [john|anna|max|sam|boss]",
    "[do you know who i am|guess who i am|do you know me|do you remember me]",
    "i [come|came] from [far away|the south|the sea|a far land]",
  }, plain = true },
  { "yes", nil, {
    "[yes|yes please|yeah|aye|ok|okay|sure|of course|yep|i do|i will|i agree|fine|right]",
    "[that is true|all right|good|very good|great|you are right|sounds good|indeed|y]",
    "[yes i do|yes i am|yes i will|oh yes|i am sure|true|why not]",
  }, plain = true },
  { "no", nil, {
    "[no|nope|nah|never|no way|not really|i do not|i don't|i won't|not now|n]",
    "[no thanks|no thank you|i don't want to|i disagree|that is not true|not today]",
    "[i don't think so|no i don't|no i'm not|of course not|oh no|wrong|i don't like it]",
  }, plain = true },
  { "sorry", nil, {
    "[sorry|i'm sorry|i am sorry|im sorry|so sorry|my mistake|forgive me|pardon me]",
    "[i apologise|i apologize|i did not mean it|i didn't mean that|please forgive me]",
    "[excuse me|my apologies|i was rude|i beg your pardon|sorry about that|oops]",
  }, plain = true },
  { "thanks", nil, {
    "[thanks|thank you|many thanks|thank you very much] [|$me|friend]",
    "[thanks a lot|thanks for the help|thank you for your help|thank you so much]",
    "[cheers|ta|i thank you|much obliged|that helps|thx|you are kind|bless you]",
    "[thank you kindly|thanks for everything|thanks for that|that was helpful|well done]",
  }, plain = true },
  { "bye", nil, {
    "[bye|goodbye|farewell|good night|goodnight] [|$me|friend|then]",
    "[bye bye|see you|see you later|see you soon|until tomorrow|cya|take care]",
    "i [must go|have to go|should go|am leaving|will go now|need to leave]",
    "[i'm leaving|time to go|i am off|so long|that is all|quit|exit]",
  }, plain = true },
  { "insult", nil, {
    "you are [stupid|ugly|a fool|an idiot|boring|useless|fat|mean|a liar|rude]",
    "[you're|youre] [stupid|ugly|a fool|an idiot|dumb|boring|useless]",
    "[i hate you|shut up|go away|you smell|you stink|idiot|fool|stupid|get lost|you suck]",
    "[be quiet|i don't like you|you are the worst|damn you|leave me alone|liar]",
    "your [food|song|mill|stew|face|hat|mother] [stinks|is ugly]",
  }, plain = true },
  { "unknown", nil, {
    "do you like " .. odd,
    "[what is|tell me about|what about] " .. odd,
    "[can you explain|i like|have you heard of] " .. odd,
    "[what is two plus two|what is six times seven|count to ten|can you count]",
    "[what is the meaning of life|why is the sky blue|who won the game|what year is it]",
    "[write me a poem|write some code|what is your favourite colour|do you dream]",
    "[can you fly|can you dance|can you swim|can you cook an egg|can you juggle]",
    "[who is|where is|do you know] [john|robert|peter|london|my brother|the president]",
    "[where is|how do i find] the [castle|beach|library|station|church|toilet|airport]",
    "[what|why|how|huh|hmm|when|where|who|um|well|so|and|but why|what do you mean]",
    "[i don't understand|i don't know|maybe|really|say that again|what did you say]",
    "[asdf|qwerty|blah|blah blah|lol|haha|xyzzy|foo|bla bla|ggg|aaa|jkl|zzz|test]",
    "[the cat sat on the mat|purple monkey|green ideas sleep|one two three|beep boop]",
    "[flim flam|wibble|asdf asdf|dfgh|qqq|sdfsdf|hjkl|la la la|wxyz|kjhgf|erty|mmm]",
    -- What is left of a question whose every other word is unknown.
    "[tell me about|tell me|do you like|do you know|have you heard of|have you heard|i like|i have|i am a]",
    "[what is|what is the|what is a|what about|where is|where is the|who is|who are|why is|when is|how is]",
    "[can you|can i|can we|will you|would you|do you|did you|are you|is it|is the|is there|are there]",
    "[i want to|i want a|i need|give me|show me|the|a|my|your|is|to|of|it|in the|of the|and the|how do you]",
    "", -- nothing typed, or nothing left of it
  }, plain = true },
}

-- Politeness that may open any question which is not itself a courtesy.
questions.openings = {
  "please", "so", "and", "well", "excuse me", "ok", "hello", "hey", "tell me", "$me",
}

-- Appends every reading of `pattern` to `out`.
local function expand(pattern, out)
  local head, choices, tail = pattern:match("^(.-)%[(.-)%](.*)$")
  if not head then
    out[#out + 1] = pattern
    return
  end
  for choice in (choices .. "|"):gmatch("(.-)|") do
    expand(head .. choice .. tail, out)
  end
end

-- Every phrasing of one topic, in a fixed order. `$me` is still in place, spaces may be
-- doubled and repeats are possible: the caller normalises.
function questions.phrasings(topic)
  local out = {}
  for _, noun in ipairs(topic[2] or {}) do
    for _, frame in ipairs(frames) do
      expand((frame:gsub("%$it", noun)), out)
    end
  end
  for _, pattern in ipairs(topic[3]) do
    expand(pattern, out)
  end
  return out
end

return questions
